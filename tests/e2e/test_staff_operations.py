"""The staff's operations, held to their document; after the pages, since this fills the supplier's lists."""

from pathlib import Path

import pytest
from tests.e2e.stack import Stack
from tests.e2e.test_api_against_its_document import held_to_the_document

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]


def test_no_input_of_the_staff_makes_an_error_of_ours_or_an_answer_outside_the_document(
    demo_stack: Stack, tmp_path: Path
):
    with demo_stack.sign_in("operator") as client:
        held_to_the_document(demo_stack, client, tmp_path, "--include-path-regex", "/operator/")
