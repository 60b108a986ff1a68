"""A mail server for tests, out of Debian's python3-aiosmtpd: it wants encryption and a sign-in, and keeps each mail in a file.

Usage: mail_server.py FOLDER starttls|tls|plain

FOLDER has server.pem (certificate and key). The port is written to FOLDER/port, each mail to FOLDER/mails/NUMBER.eml. As long
as FOLDER/refuse exists, each mail is refused with what is in it, for example "451 try again later". As long as FOLDER/silent
exists, nobody is told goodbye. With plain, no encryption is offered.
"""

import asyncio
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

FOLDER, MODE = sys.argv[1], sys.argv[2]
MAILS = os.path.join(FOLDER, "mails")
REFUSE = os.path.join(FOLDER, "refuse")
SILENT = os.path.join(FOLDER, "silent")


def write_whole(path, content):
    with open(path + ".part", "wb") as part:
        part.write(content)
    os.rename(path + ".part", path)


class Keeper:
    def __init__(self):
        self.number = 0

    async def handle_DATA(self, server, session, envelope):
        if os.path.exists(REFUSE):
            with open(REFUSE, encoding="utf-8") as text:
                return text.read().strip()
        self.number += 1
        head = "X-Rcpt: {}\r\n".format(",".join(envelope.rcpt_tos)).encode()
        write_whole(os.path.join(MAILS, "{:06}.eml".format(self.number)), head + envelope.content)
        return "250 kept"

    async def handle_QUIT(self, server, session, envelope):
        while os.path.exists(SILENT):
            await asyncio.sleep(0.1)
        return "221 bye"


def authenticate(server, session, envelope, mechanism, data):
    is_good = isinstance(data, LoginPassword) and (data.login, data.password) == (b"intune", b"correct horse")
    return AuthResult(success=is_good, handled=is_good)


async def serve():
    os.makedirs(MAILS)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(os.path.join(FOLDER, "server.pem"))
    loop, keeper = asyncio.get_running_loop(), Keeper()

    def talk():
        return SMTP(
            keeper,
            hostname="mail.test",
            tls_context=context if MODE == "starttls" else None,
            require_starttls=MODE == "starttls",
            auth_required=MODE != "plain",
            auth_require_tls=MODE == "starttls",
            authenticator=authenticate,
            loop=loop,
        )

    server = await loop.create_server(talk, "127.0.0.1", 0, ssl=context if MODE == "tls" else None)
    write_whole(os.path.join(FOLDER, "port"), str(server.sockets[0].getsockname()[1]).encode())
    await server.serve_forever()


asyncio.run(serve())
