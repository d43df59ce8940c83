"""Problems as exceptions."""

from __future__ import annotations

import email.utils
import pickle
import time

import httpx
import pytest

from tests.unit.rig import Script, ok, problem
from tradewind_client import (
    ApiError,
    BadRequest,
    Conflict,
    Forbidden,
    NotFound,
    PreconditionFailed,
    RateLimited,
    ServerError,
    Unauthenticated,
    Unavailable,
    UnexpectedAnswer,
    ValidationFailed,
)
from tradewind_client.errors import retry_after


def failure(answer: httpx.Response) -> ApiError:
    with Script(answer).client(attempts=1) as client, pytest.raises(ApiError) as caught:
        client.accounts.list_accounts()
    return caught.value


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequest),
        (401, Unauthenticated),
        (403, Forbidden),
        (404, NotFound),
        (405, BadRequest),
        (409, Conflict),
        (412, PreconditionFailed),
        (415, BadRequest),
        (422, ValidationFailed),
        (428, PreconditionFailed),
        (429, RateLimited),
        (500, ServerError),
        (502, ServerError),
        (503, Unavailable),
    ],
)
def test_each_status_has_its_exception(status: int, kind: type[ApiError]) -> None:
    error = failure(problem(status, "SOME_CODE"))
    assert type(error) is kind
    assert (error.status, error.code, error.correlation_id) == (status, "SOME_CODE", "corr-1")
    assert str(error) == f"{status} SOME_CODE: it is so (correlation id corr-1)"


def test_refused_fields_are_named() -> None:
    field = {"field": "quantity", "code": "NOT_POSITIVE", "message": "quantity must be greater than 0, got -1"}
    error = failure(problem(422, "VALIDATION", fields=[field]))
    found = error.field("quantity")
    assert found is not None
    assert found.code == "NOT_POSITIVE"
    assert error.field("price") is None
    assert "quantity: quantity must be greater than 0, got -1" in str(error)


def test_what_is_no_problem_document_still_says_something() -> None:
    error = failure(httpx.Response(502, text="<html>bad gateway</html>", headers={"x-request-id": "r-1"}))
    assert isinstance(error, ServerError)
    assert (error.code, error.correlation_id, error.problem) == ("HTTP_502", "r-1", None)
    assert type(failure(httpx.Response(301, headers={"location": "https://elsewhere"}))) is BadRequest


def test_an_error_survives_pickling() -> None:
    error = failure(problem(429, "RATE_LIMITED", retry_after="3"))
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is RateLimited
    assert (str(again), again.retry_after_s, again.code) == (str(error), 3.0, "RATE_LIMITED")


@pytest.mark.parametrize("answer", [ok({"items": [{}]}), httpx.Response(200, text="hello"), ok([])])
def test_an_answer_of_another_shape_is_an_error_of_its_own(answer: httpx.Response) -> None:
    with Script(answer).client() as client, pytest.raises(UnexpectedAnswer, match="list_accounts") as caught:
        client.accounts.list_accounts()
    assert caught.value.correlation_id is not None


def test_retry_after_is_read_in_both_forms() -> None:
    assert retry_after("7") == 7.0
    assert retry_after(None) is None
    assert retry_after("soon") is None
    later = retry_after(email.utils.formatdate(time.time() + 30, usegmt=True))
    assert later is not None
    assert 25.0 < later <= 30.0
    assert retry_after("Mon, 01 Jan 2024 00:00:00 GMT") == 0.0
