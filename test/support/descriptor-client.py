"""Speaks Kettlingar's protocol over a Unix socket as its own client does, with descriptors. Prints what came, as JSON."""

import array
import json
import os
import socket
import sys
import tempfile
import time

SOCKET, SECRET, COUNT = sys.argv[1], sys.argv[2], int(sys.argv[3])
ROOM = socket.CMSG_SPACE(64 * array.array('i').itemsize)


def exchange(name, media_type, body, fds):
    lines = [f'POST /{SECRET}/{name} HTTP/1.1', 'Connection: close', f'Content-Type: {media_type}']
    head = '\n'.join([*lines, f'Content-Length: {len(body)}', '', '']).encode()
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', fds))] if fds else []
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(20)
        peer.connect(SOCKET)
        peer.sendmsg([head + body], rights)
        answer, received = b'', array.array('i')
        while True:
            piece, ancillary, _, _ = peer.recvmsg(65536, ROOM)
            for _, _, data in ancillary:
                received.frombytes(data)
            if not piece:
                break
            answer += piece
    head, _, body = answer.partition(b'\n\n')
    return int(head.split()[1]), body, list(received)


def call(name, args, fds=(), **named):
    status, body, received = exchange(name, 'application/json', json.dumps({**named, '_args': args}).encode(), fds)
    return status, json.loads(body), received


def told(name, args, fds=(), **named):
    status, body, _ = call(name, args, fds, **named)
    return [status, body.get('error', body) if isinstance(body, dict) else body]


def packed(args, fds):
    # MessagePack: a map of one member, whose value is a list of texts
    texts = b''.join(bytes([0xD9, len(one)]) + one.encode() for one in args)
    body = b'\x81\xa5_args' + bytes([0x90 + len(args)]) + texts
    status, answer, _ = exchange('cat', 'application/x-msgpack', body, fds)
    return [status, answer.decode('latin-1')]


def swapped(file):
    # what comes back is the same socket and the same file, each under a number of its own
    here, there = socket.socketpair()
    names = [f'_SO_BRE_MAGIC_-{int(there.family)}-{int(there.type)}-0', '_FD_BRE_MAGIC_-rb']
    status, texts, (same_file, same_socket) = call('swap', names, [there.fileno(), file])
    there.close()
    here.settimeout(20)
    with socket.socket(fileno=same_socket) as again:
        again.sendall(b'meow')
    heard = b''.join(iter(lambda: here.recv(65536), b''))  # until nobody, the gateway neither, has the other end
    os.lseek(file, 0, os.SEEK_SET)
    content = os.read(same_file, 100).decode()
    os.close(same_file)
    return [status, texts == names[::-1], heard.decode(), content]


def from_socket(named, name='echo', args=('hello',)):
    here, there = socket.socketpair()
    answer = told(name, ['_SO_BRE_MAGIC_-1-1-0', *args], [there.fileno()], **named)
    there.close()
    here.settimeout(20)
    text = b''.join(iter(lambda: here.recv(65536), b''))
    here.close()
    return [answer, text.decode()]


def to_pipe():
    reader, writer = os.pipe()
    answer = told('echo', ['_FD_BRE_MAGIC_-wb', 'hello'], [writer], reply_to_first_fd=1)
    os.close(writer)
    with open(reader) as pipe:
        return [answer, pipe.read()]


def to_file():
    with tempfile.TemporaryFile('w+') as file:
        answer = told('echo', ['_FD_BRE_MAGIC_-w+', 'hello'], [file.fileno()], reply_to_first_fd=1)
        deadline = time.monotonic() + 20
        while not (text := os.pread(file.fileno(), 100, 0).decode()) and time.monotonic() < deadline:
            time.sleep(0.01)
        return [answer, text]


with tempfile.NamedTemporaryFile('w+') as file:
    file.write('some text')
    file.flush()
    fd = os.open(file.name, os.O_RDONLY)

    def again():
        os.lseek(fd, 0, os.SEEK_SET)
        return [fd]

    status, texts, received = call('read', [file.name])
    result = {
        'text': told('cat', ['_FD_BRE_MAGIC_-r'], again()),
        'bytes': told('cat', ['_FD_BRE_MAGIC_-rb'], again()),
        'returned': [status, texts, [os.read(one, 100).decode() for one in received]],
        'swapped': swapped(fd),
        'packed': packed(['_FD_BRE_MAGIC_-r'], again()),
        'socket': from_socket({'reply_to_first_fd': 0}),
        'begun': from_socket({'reply_to_first_fd': 1}),
        'stream': from_socket({'reply_to_first_fd': 1}, 'gen', (2,)),
        'pipe': to_pipe(),
        'file': to_file(),
        'missing': told('cat', ['_FD_BRE_MAGIC_-r']),
        'strange': told('cat', ['_FD_BRE_MAGIC_-/'], again()),
        'without': told('echo', ['hello'], reply_to_first_fd=0),
        'many': told('cat', ['_FD_BRE_MAGIC_-r'], again() * 17),
        'unasked': told('echo', ['hello'], again() * 3),
    }
    for one in received:
        os.close(one)
    for turn in range(COUNT):
        call('cat', ['_FD_BRE_MAGIC_-r'], again() * 3)
        for one in call('read', [file.name])[2]:
            os.close(one)
    print(json.dumps(result))
