"""Free ports on this machine."""

import errno
import secrets
import socket

# Below the range from which systems take ports for outgoing connections: a server that
# restarts finds its port still free.
FIRST_PORT, LAST_PORT = 20_000, 32_000
TRIES = 200


def is_port_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen on this port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Connections of a former server that still linger do not make a port used.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
        return True


def find_free_port() -> int:
    """A port that nothing listens on."""
    for _ in range(TRIES):
        # Not the seeded generator: processes with the same seed would all choose the same port.
        port = FIRST_PORT + secrets.randbelow(LAST_PORT - FIRST_PORT)
        if is_port_free(port):
            return port
    raise OSError(errno.EADDRINUSE, f"no free port between {FIRST_PORT} and {LAST_PORT}")
