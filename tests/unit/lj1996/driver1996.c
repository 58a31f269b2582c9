// SPDX-License-Identifier: BSD-2-Clause
/* A whole network driver in the form of 1996, written from the article's description. */
#include "driver1996.h"

struct card card;

struct device mydev = {
	.name = "eth%d",
	.base_addr = 0x300,
	.irq = 9,
	.init = mydev_init,
};

static struct enet_statistics stats;
static struct sk_buff_head ring;

/* clang-format off */

static void card_send(struct sk_buff *skb)
{
	memcpy(card.wire[card.frames], skb->data, skb->len);
	card.wire_len[card.frames++] = (int)skb->len;
	stats.tx_packets++;
	dev_kfree_skb(skb, FREE_WRITE);
}

static int mydev_open(struct device *dev)
{
	if(card.fails)
		return -EAGAIN;
	skb_queue_head_init(&ring);
	dev->tbusy=0;
	dev->interrupt=0;
	dev->start=1;
	return 0;
}

static int mydev_stop(struct device *dev)
{
	struct sk_buff *skb;

	dev->start=0;
	dev->tbusy=1;
	while((skb=__skb_dequeue(&ring))!=NULL)
		dev_kfree_skb(skb, FREE_WRITE);
	card.in_ring=0;
	return 0;
}

static int mydev_start_xmit(struct sk_buff *skb, struct device *dev)
{
	if(skb==NULL)
	{
		dev_tint(dev);
		return 0;
	}
	if(dev->tbusy || card.in_ring==CARD_RING)
	{
		dev->tbusy=1;
		return 1;
	}
	if(skb->len>CARD_FRAME)
	{
		/* It never can: no use in trying again. */
		stats.tx_errors++;
		dev_kfree_skb(skb, FREE_WRITE);
		return 0;
	}
	dev->trans_start=jiffies;
	if(!card.slow)
	{
		card_send(skb);
		return 0;
	}
	/* The buffer is ours: its links are free for the chain. */
	__skb_queue_tail(&ring, skb);
	if(++card.in_ring==CARD_RING)
		dev->tbusy=1;
	return 0;
}

void card_tx_done(void)
{
	struct device *dev=&mydev;
	struct sk_buff *skb;

	dev->interrupt=1;
	while((skb=__skb_dequeue(&ring))!=NULL)
		card_send(skb);
	card.in_ring=0;
	dev->tbusy=0;
	mark_bh(NET_BH);
	dev->interrupt=0;
}

void card_rx(unsigned char *buf, int len)
{
	struct device *dev=&mydev;
	struct sk_buff *skb;

	dev->interrupt=1;
	skb=dev_alloc_skb(len+2);
	if(skb==NULL)
	{
		stats.rx_dropped++;
		dev->interrupt=0;
		return;
	}
	skb_reserve(skb, 2);	/* IP header on a 16 byte boundary */
	memcpy(skb_put(skb, len), buf, len);
	skb->dev=dev;
	skb->protocol=eth_type_trans(skb, dev);
	stats.rx_packets++;
	dev->last_rx=jiffies;
	netif_rx(skb);
	dev->interrupt=0;
}

static struct enet_statistics *mydev_get_stats(struct device *dev)
{
	return &stats;
}

static void mydev_set_multicast_list(struct device *dev, int num_addrs, void *addrs)
{
	card.mode=num_addrs;
	if(num_addrs>CARD_FILTER)
		card.mode=LJ_MC_ALL;
	else if(num_addrs>0)
		memcpy(card.filter, addrs, num_addrs*6);
}

static int mydev_set_mac_address(struct device *dev, void *addr)
{
	if(dev->start)
		return -EBUSY;
	memcpy(dev->dev_addr, ((struct sockaddr *)addr)->sa_data, dev->addr_len);
	return 0;
}

static int mydev_ioctl(struct device *dev, struct ifreq *ifr, int cmd)
{
	if(cmd!=SIOCDEVPRIVATE)
		return -EINVAL;
	card.reg=ifr->ifr_metric;
	return 0;
}

int mydev_init(struct device *dev)
{
	int ct=0;
	int i;

	if(card.missing)
		return -ENODEV;
	memset(&stats, 0, sizeof(stats));
	while(ct<DEV_NUMBUFFS)
	{
		skb_queue_head_init(&dev->buffs[ct]);
		ct++;
	}
	dev->open=mydev_open;
	dev->stop=mydev_stop;
	dev->hard_start_xmit=mydev_start_xmit;
	dev->hard_header=eth_header;
	dev->rebuild_header=eth_rebuild_header;
	dev->set_multicast_list=mydev_set_multicast_list;
	dev->set_mac_address=mydev_set_mac_address;
	dev->do_ioctl=mydev_ioctl;
	dev->get_stats=mydev_get_stats;
	dev->type=ARPHRD_ETHER;
	dev->hard_header_len=ETH_HLEN;
	dev->mtu=1500;
	dev->addr_len=ETH_ALEN;
	dev->tx_queue_len=100;
	dev->flags=IFF_BROADCAST|IFF_MULTICAST;
	dev->family=AF_INET;
	for(i=0;i<ETH_ALEN;i++)
	{
		dev->broadcast[i]=0xff;
		dev->dev_addr[i]=i==0?2:i;
	}
	return 0;
}
