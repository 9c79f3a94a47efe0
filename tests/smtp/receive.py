"""A real mail server for the stories: aiosmtpd. Says where it listens, then prints each letter as one line of JSON.

It offers no TLS. With `--refuse N` it refuses the first N letters for a while (SMTP 451) and prints that it did.
"""

import argparse
import asyncio
import json
from email import message_from_bytes, policy

from aiosmtpd.smtp import SMTP


def tell(what):
    print(json.dumps(what), flush=True)


class Letters:
    def __init__(self, refuse):
        self.refuse = refuse

    async def handle_DATA(self, server, session, envelope):
        if self.refuse > 0:
            self.refuse -= 1
            tell({"refused": True})
            return "451 Try again later"
        letter = message_from_bytes(envelope.content, policy=policy.default)
        tell(
            {
                "from": envelope.mail_from,
                "to": envelope.rcpt_tos,
                "headers": {name.lower(): str(value) for name, value in letter.items()},
                "text": letter.get_content(),
                "parts": 1 if not letter.is_multipart() else len(list(letter.iter_parts())),
            }
        )
        return "250 Taken"


async def main():
    options = argparse.ArgumentParser()
    options.add_argument("--refuse", type=int, default=0)
    letters = Letters(options.parse_args().refuse)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(letters, hostname="mail.example", loop=loop), "127.0.0.1", 0)
    tell({"port": server.sockets[0].getsockname()[1]})
    await server.serve_forever()


asyncio.run(main())
