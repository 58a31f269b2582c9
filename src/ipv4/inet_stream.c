// SPDX-License-Identifier: BSD-2-Clause
/* connect() and shutdown() of sockets that have connections. */
#include <fcntl.h>

#include <skiff/inet_common.h>
#include <skiff/tcp_states.h>

/* Forget the peer; what the file side says follows. */
static int stream_disconnect(struct socket *sock, int flags)
{
	struct sock *sk = sock->sk;
	int err = sk->sk_prot->disconnect(sk, flags);

	sock->state = err ? SS_DISCONNECTING : SS_UNCONNECTED;
	return err;
}

/* It failed while nobody asked: why, which is told once, and it can be tried again. */
static int connect_failed(struct socket *sock, int flags)
{
	int err = sock_error(sock->sk);

	stream_disconnect(sock, flags);
	/* What the end of the attempt left has been told. */
	sock_error(sock->sk);
	return err ? err : -ECONNABORTED;
}

/* The first call starts it, the later ones ask how it stands. Return: 0 when it is on its way. */
static int connect_begin(struct socket *sock, struct sockaddr *uaddr, int addr_len)
{
	struct sock *sk = sock->sk;
	int err;

	switch (sock->state) {
	case SS_CONNECTED:
		return -EISCONN;
	case SS_CONNECTING:
		return 0;
	case SS_UNCONNECTED:
		if (sk->sk_state != TCP_CLOSE)
			return -EISCONN;
		err = sk->sk_prot->connect(sk, uaddr, addr_len);
		if (!err)
			sock->state = SS_CONNECTING;
		return err;
	default:
		return -EINVAL;
	}
}

int inet_stream_connect(struct socket *sock, struct sockaddr *uaddr, int addr_len, int flags)
{
	bool begun = sock->state == SS_CONNECTING;
	struct sock *sk = sock->sk;
	int err;

	ASSERT_NET_LOCKED(sock_net(sk));
	if (addr_len < (int)sizeof(uaddr->sa_family))
		return -EINVAL;
	if (uaddr->sa_family == AF_UNSPEC)
		return stream_disconnect(sock, flags);
	err = connect_begin(sock, uaddr, addr_len);
	if (err)
		return err;
	/* TCP_FASTOPEN_CONNECT: the first data will connect it; to the program it is connected. */
	if (sk->sk_state == TCP_CLOSE && inet_sk(sk)->defer_connect)
		return begun ? -EISCONN : 0;
	if (sk->sk_state == TCP_SYN_SENT || sk->sk_state == TCP_SYN_RECV) {
		if (inet_sk(sk)->defer_connect)
			return begun ? -EISCONN : 0;
		return begun ? -EALREADY : -EINPROGRESS;
	}
	if (sk->sk_state == TCP_CLOSE)
		return connect_failed(sock, flags);
	sock->state = SS_CONNECTED;
	return 0;
}

/* While it is being connected, whether it is by now. */
static void settle_state(struct socket *sock)
{
	if (sock->state != SS_CONNECTING)
		return;
	if ((1 << sock->sk->sk_state) & (TCPF_SYN_SENT | TCPF_SYN_RECV | TCPF_CLOSE))
		sock->state = SS_DISCONNECTING;
	else
		sock->state = SS_CONNECTED;
}

int inet_shutdown(struct socket *sock, int how)
{
	struct sock *sk = sock->sk;
	int err = 0;

	/* SHUT_RD, SHUT_WR, SHUT_RDWR become bits. */
	how++;
	if ((how & ~SHUTDOWN_MASK) || !how)
		return -EINVAL;
	settle_state(sock);
	if (sk->sk_state == TCP_SYN_SENT || (sk->sk_state == TCP_LISTEN && (how & RCV_SHUTDOWN))) {
		/* There is no half of these: they end. */
		err = stream_disconnect(sock, O_NONBLOCK);
	} else if (sk->sk_state != TCP_LISTEN) {
		/* What is not connected is shut down all the same, and told so, as on Linux. */
		if (sk->sk_state == TCP_CLOSE)
			err = -ENOTCONN;
		sk->sk_shutdown |= (u8)how;
		if (sk->sk_prot->shutdown)
			sk->sk_prot->shutdown(sk, how);
	}
	sk->sk_state_change(sk);
	return err;
}
