"""Runs a command in a terminal of its own: in_terminal.py STDERR_FILE COMMAND [ARGUMENT]…

What the terminal shows goes to stderr, what comes on stdin is typed. It has 200 columns, or
TERMINAL_COLUMNS. The command's stderr goes to the file, unless its name is empty. Ends as the command
did; 128 + n for signal n.
"""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios

stderr_file, command = sys.argv[1], sys.argv[2:]
pid, terminal = pty.fork()
if pid == 0:
    columns = int(os.environ.get("TERMINAL_COLUMNS", "200"))
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    if stderr_file:
        os.dup2(os.open(stderr_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 2)
    os.execvp(command[0], command)

signal.signal(signal.SIGTERM, lambda *_: os.kill(pid, signal.SIGKILL))
sources = [terminal, 0]
while terminal in sources:
    for source in select.select(sources, [], [])[0]:
        try:
            data = os.read(source, 65536)
        except OSError:  # the terminal is closed
            data = b""
        if not data:
            sources.remove(source)
        elif source == terminal:
            os.write(2, data)
        else:
            os.write(terminal, data)
_, status = os.waitpid(pid, 0)
code = os.waitstatus_to_exitcode(status)
sys.exit(code if code >= 0 else 128 - code)
