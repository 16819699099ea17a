"""How often a socket has tried in vain to reach its peer again; it goes on, but somebody should know."""

import zmq
from zmq.utils.monitor import recv_monitor_message

from src.data_client.sockets import Socket

ATTEMPTS_ALLOWED = 10


class Connection:
    """Counts failed attempts since the peer was last there. Before it was there for the first time, none is.

    The alarm is raised once and stays raised: only a person takes it back, by starting anew.
    """

    def __init__(self, socket: Socket) -> None:
        self._monitor = socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_CONNECT_RETRIED)
        self._met = False
        self.failed_attempts = 0
        self.alarm = False

    def alarm_raised(self) -> bool:
        """Say whether the alarm has been raised just now."""
        while self._monitor.poll(0):
            event = recv_monitor_message(self._monitor)["event"]
            if event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
                self._met = True
                self.failed_attempts = 0
            elif self._met:
                self.failed_attempts += 1
        if self.alarm or self.failed_attempts < ATTEMPTS_ALLOWED:
            return False
        self.alarm = True
        return True
