"""Every handler takes every stored example of its topic."""

from importlib import resources
from typing import Any

from tests.service.notify.conftest import Board

from common.kafka.topic import Topic
from notify.handlers import keep_links, take_letter, tell_ticket
from topics import LETTERS, LINKS, TICKETS


def examples(topic: Topic[Any]) -> list[Any]:
    folder = resources.files("topics") / "examples" / topic.name
    return [topic.decode(path.read_bytes(), topic.headers()) for path in folder.iterdir()]


async def test_every_example_of_letters_is_taken(board: Board):
    for letter in examples(LETTERS):
        await take_letter(board.resources, letter)


async def test_every_example_of_links_makes_a_notification_of_each_user(board: Board):
    await board.rows("update copy_epoch set told_from = null")
    for links in examples(LINKS):
        await keep_links(board.resources, links)

        for user_id in links.user_ids:
            assert (await board.get(user_id)).json()["items"][0]["contract_id"] == str(links.contract_id)


async def test_every_example_of_tickets_is_taken(board: Board):
    for ticket in examples(TICKETS):
        await board.links(ticket.contract_id)
        await tell_ticket(board.resources, ticket)
