"""A TCP proxy that can be switched off and on: PostgreSQL, the registry, a mail server or an engine that goes away
and comes back, without touching the real one. Off means that connections are cut and new ones refused."""
import selectors
import socket
import threading


class Proxy:
    def __init__(self, port, target):
        self.port, self.target = port, target
        self.listener = None
        self.pairs = []
        self.lock = threading.Lock()

    def next_target(self):
        """Where the connection that comes now goes."""
        return self.target

    def on(self):
        self.listener = socket.create_server(("127.0.0.1", self.port), backlog=128)
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()
        return self

    def off(self):
        # shutdown wakes the thread in accept; close alone would leave it there with the port.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        with self.lock:
            for s in self.pairs:
                try:
                    s.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
            self.pairs.clear()

    def _accept(self, listener):
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(self.next_target(), timeout=5)
            except OSError:
                near.close()
                continue
            with self.lock:
                self.pairs += [near, far]
            threading.Thread(target=self._pump, args=(near, far), daemon=True).start()

    @staticmethod
    def _pump(near, far):
        with selectors.DefaultSelector() as selector, near, far:
            selector.register(near, selectors.EVENT_READ, far)
            selector.register(far, selectors.EVENT_READ, near)
            while True:
                for key, _ in selector.select():
                    try:
                        data = key.fileobj.recv(65536)
                        if not data:
                            return
                        key.data.sendall(data)
                    except OSError:
                        return
