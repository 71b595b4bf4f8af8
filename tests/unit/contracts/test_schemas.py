"""What of a request is kept, and what is not."""

from contracts.schemas.contracts import NewLink


def test_the_record_of_an_idempotency_key_cannot_confirm_a_guessed_password():
    """INVARIANT: a copy of the database does not let a weak password be searched for quickly."""
    requests = [
        NewLink(supplier_code="demo", name="Дача", login="login", password=password) for password in ("right", "wrong")
    ]

    digested = {request.model_dump_json() for request in requests}

    assert len(digested) == 1
    assert "right" not in digested.pop()
