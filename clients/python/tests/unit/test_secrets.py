"""The key is shown to nobody but the server that it belongs to."""

from __future__ import annotations

import logging
import traceback

import httpx
import pytest

from tests.unit.rig import KEY, Script, ok, problem
from tradewind_client import ApiError, AsyncClient, Client, NotReached, models, operations
from tradewind_client.enums import Role


def test_neither_clients_nor_their_parts_show_it() -> None:
    client, waiting = Client("http://127.0.0.1:1", KEY), AsyncClient("http://127.0.0.1:1", KEY)
    shown = (
        f"{client!r} {client} {vars(client)} {client._settings!r} {waiting!r} {vars(waiting)} {client._http.headers!r}"
    )
    assert KEY not in shown
    client.close()


@pytest.mark.parametrize("answer", [problem(401, "CREDENTIALS_REFUSED"), httpx.ReadTimeout("slow"), ok({})])
def test_neither_errors_nor_logs_show_it(
    answer: httpx.Response | httpx.HTTPError, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with Script(answer).client(attempts=2) as client, pytest.raises(Exception) as caught:  # noqa: PT011
        client.accounts.list_accounts()
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + repr(vars(caught.value))
    assert KEY not in shown
    assert KEY not in caplog.text


def test_bodies_and_models_do_not_show_passwords_and_tickets() -> None:
    person = models.NewUser(
        username="bhavna", display_name="Bhavna", password="four windy harbour lamps", role=Role.TRADER
    )
    ticket = models.StreamTicket.from_json({"ticket": "tkt-secret", "expires_at": "2026-11-22T09:15:00Z"})
    sign_on = models.ClientMessageAuth(ticket="tkt-secret")
    shown = f"{person} {ticket} {sign_on} {operations.post_user(person)}"
    assert "harbour" not in shown
    assert "tkt-secret" not in shown
    assert "bhavna" in shown


def test_a_redirect_is_not_followed() -> None:
    script = Script(httpx.Response(307, headers={"location": "https://elsewhere.example.org/"}))
    with script.client() as client, pytest.raises(ApiError):
        client.accounts.list_accounts()
    assert [request.url.host for request in script.requests] == ["127.0.0.1"]


def test_what_cannot_be_reached_says_so_without_it() -> None:
    with Script(httpx.ConnectError("refused")).client(attempts=1) as client, pytest.raises(NotReached) as caught:
        client.accounts.list_accounts()
    assert caught.value.not_sent
    assert KEY not in str(caught.value)
