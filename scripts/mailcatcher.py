#!/usr/bin/env python3
"""A mail server that delivers nothing: it accepts whatever it is given and keeps each mail as a file.

    mailcatcher.py PORT DIRECTORY

A mail's file holds the envelope as `X-Envelope-From:` and `X-Envelope-To:` lines, then the mail as it came. Files
are named by time of arrival and appear whole, before the sender is told that the mail was accepted.
"""
import asyncio
import itertools
import os
import re
import sys
import time
from pathlib import Path

MAX_MAIL = 4 << 20
MAX_LINE = 64 << 10
IDLE_SECONDS = 120
ADDRESS = re.compile(rb"(?:FROM|TO):\s*<([^<>\r\n]*)>", re.IGNORECASE)
numbers = itertools.count(1)


def keep(directory, sender, recipients, lines):
    """Writes one mail under a temporary name, then gives it its own."""
    envelope = [b"X-Envelope-From: " + sender, *(b"X-Envelope-To: " + to for to in recipients)]
    name = f"{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}-{next(numbers):06}.eml"
    unfinished = directory / f".{name}"
    unfinished.write_bytes(b"".join(line + b"\n" for line in envelope + lines))
    unfinished.rename(directory / name)


async def read_data(reader):
    """The lines up to the single dot, dots undoubled; None if that is more than a mail may have."""
    lines, size = [], 0
    while (line := await read_line(reader)) != b".":
        size += len(line)
        if size <= MAX_MAIL:
            lines.append(line[1:] if line.startswith(b".") else line)
    return lines if size <= MAX_MAIL else None


async def read_line(reader):
    line = await asyncio.wait_for(reader.readuntil(b"\n"), IDLE_SECONDS)
    return line.rstrip(b"\r\n")


class Session:
    """One client's conversation: a method for each command, which returns the reply."""

    def __init__(self, reader, writer, directory):
        self.reader, self.writer, self.directory = reader, writer, directory
        self.sender, self.recipients = None, []

    async def run(self):
        await self.reply(b"220 localhost mail catcher")
        while True:
            verb, _, rest = (await read_line(self.reader)).partition(b" ")
            command = getattr(self, "do_" + verb.decode("ascii", "replace").lower(), None)
            await self.reply(await command(rest) if command else b"502 not known here")
            if verb.upper() == b"QUIT":
                return

    async def reply(self, text):
        self.writer.write(text + b"\r\n")
        await self.writer.drain()

    async def do_helo(self, _):
        return b"250 localhost"

    async def do_ehlo(self, _):
        return b"250-localhost\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE %d" % MAX_MAIL

    async def do_mail(self, rest):
        match = ADDRESS.match(rest)
        if not match:
            return b"501 MAIL FROM:<address>"
        self.sender, self.recipients = match[1], []
        return b"250 go on"

    async def do_rcpt(self, rest):
        match = ADDRESS.match(rest)
        if self.sender is None or not match:
            return b"503 MAIL first, then RCPT TO:<address>"
        self.recipients.append(match[1])
        return b"250 go on"

    async def do_data(self, _):
        if not self.recipients:
            return b"503 RCPT first"
        await self.reply(b"354 end with a dot on a line of its own")
        lines = await read_data(self.reader)
        if lines is None:
            return b"552 too large"
        keep(self.directory, self.sender, self.recipients, lines)
        self.sender, self.recipients = None, []
        return b"250 kept"

    async def do_rset(self, _):
        self.sender, self.recipients = None, []
        return b"250 forgotten"

    async def do_noop(self, _):
        return b"250 here"

    async def do_quit(self, _):
        return b"221 bye"


async def serve(port, directory):
    directory.mkdir(parents=True, exist_ok=True)

    async def on_connection(reader, writer):
        try:
            await Session(reader, writer, directory).run()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.TimeoutError):
            pass  # the client went away, or is no mail client
        finally:
            writer.close()

    server = await asyncio.start_server(on_connection, "127.0.0.1", port, limit=MAX_LINE)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
