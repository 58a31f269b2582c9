# SPDX-License-Identifier: BSD-2-Clause
"""A server and its clients in asyncio: streams with an end, and datagrams, that come back.

    programs_asyncio.py serve PORT
    programs_asyncio.py call ADDRESS PORT COUNT
"""
import asyncio
import sys

LENGTH = 100000


async def echo(reader, writer):
    while True:
        data = await reader.read(65536)
        if not data:
            break
        writer.write(data)
        await writer.drain()
    writer.close()


class DatagramEcho(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        self.transport.sendto(data, addr)


async def serve(port):
    server = await asyncio.start_server(echo, '0.0.0.0', port)
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(DatagramEcho, local_addr=('0.0.0.0', port))
    print('serving')
    async with server:
        await server.serve_forever()


async def stream(address, port, i):
    """Sends while it receives, shuts its direction, and expects the end after the last byte."""
    reader, writer = await asyncio.open_connection(address, port)
    data = bytes([i & 255]) * LENGTH
    writer.write(data)
    writer.write_eof()
    came = await reader.read(-1)
    writer.close()
    await writer.wait_closed()
    return came == data


class Answer(asyncio.DatagramProtocol):
    def __init__(self, came):
        self.came = came

    def datagram_received(self, data, addr):
        if not self.came.done():
            self.came.set_result(data)


async def datagram(address, port, i):
    loop = asyncio.get_running_loop()
    came = loop.create_future()
    transport, _ = await loop.create_datagram_endpoint(lambda: Answer(came),
                                                       remote_addr=(address, port))
    data = bytes([i & 255]) * (i * 10 % 1400 + 1)
    # Datagrams may be lost: the same one again does no harm.
    while not came.done():
        transport.sendto(data)
        await asyncio.wait([came], timeout=2)
    transport.close()
    return came.result() == data


async def call(address, port, count):
    streams = await asyncio.gather(*(stream(address, port, i) for i in range(count)))
    datagrams = await asyncio.gather(*(datagram(address, port, i) for i in range(count)))
    print('%d streams of %d bytes, %d datagrams' % (sum(streams), LENGTH, sum(datagrams)))


if sys.argv[1] == 'serve':
    try:
        asyncio.run(serve(int(sys.argv[2])))
    except KeyboardInterrupt:
        pass
else:
    asyncio.run(call(sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
