"""What holds for every test: no network, and examples drawn without a deadline."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import hypothesis
import pytest

# the first example of a test may wait for compiled code
hypothesis.settings.register_profile("house", hypothesis.settings(), deadline=None)
hypothesis.settings.load_profile("house")

_connect = socket.socket.connect


def _at_home(self: socket.socket, address: Any) -> None:
    if self.family != socket.AF_UNIX:
        try:
            inside = ipaddress.ip_address(address[0]).is_loopback
        except ValueError:
            inside = address[0] == "localhost"
        if not inside:
            pytest.fail("a test reached for the network")
    _connect(self, address)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket.socket, "connect", _at_home)
