"""A real SMTP receiver (aiosmtpd) that keeps what it was handed, for all but the `unwanted`."""
import email
import email.policy
import threading

from aiosmtpd.controller import Controller


class Mailbox:
    def __init__(self, port, unwanted=()):
        self.messages = []
        self.unwanted = unwanted
        self.lock = threading.Lock()
        self.controller = Controller(self, hostname="127.0.0.1", port=port, ready_timeout=60)

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if address in self.unwanted:
            return f"550 5.1.1 <{address}> nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, _server, _session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        with self.lock:
            self.messages.append((message["Message-ID"], envelope.rcpt_tos, message))
        return "250 kept"

    def start(self):
        self.controller.start()

    def stop(self):
        self.controller.stop()

    def by_message_id(self):
        with self.lock:
            found = {}
            for message_id, recipients, message in self.messages:
                found.setdefault(message_id, []).append((recipients, message))
            return found
