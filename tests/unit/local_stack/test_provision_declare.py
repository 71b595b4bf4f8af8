import topics
from common.kafka.topic import Message, Topic
from local_stack.provision import Right, declare


class Note(Message, frozen=True, kw_only=True):
    text: str


def _topic(*, compacted: bool = False, max_message_bytes: int = 1_000_000) -> Topic[Note]:
    return Topic(
        name="auth-notes-v1",
        message=Note,
        key=lambda note: note.text,
        owner="auth",
        readers=("notify",),
        description="Notes.",
        compacted=compacted,
        retention_hours=None if compacted else 1,
        max_message_bytes=max_message_bytes,
    )


SERVICES = {"auth": "a", "notify": "n"}


def test_the_owner_writes_and_the_readers_read_and_nobody_else_may_anything():
    declared = declare([_topic()], services=SERVICES, suppliers={})

    assert {right for right in declared.rights if right.name == "auth-notes-v1"} == {
        Right("auth", "WRITE", "TOPIC", "auth-notes-v1"),
        Right("notify", "READ", "TOPIC", "auth-notes-v1"),
    }


def test_a_reader_may_write_to_the_dead_letter_topic_of_what_it_reads():
    declared = declare([_topic()], services=SERVICES, suppliers={})

    assert "auth-notes-v1-dlt" in declared.topics
    assert {right for right in declared.rights if right.name == "auth-notes-v1-dlt"} == {
        Right("notify", "WRITE", "TOPIC", "auth-notes-v1-dlt")
    }


def test_a_dead_letter_topic_takes_more_than_its_topic_and_is_never_compacted():
    topic = _topic(compacted=True, max_message_bytes=1000)

    declared = declare([topic], services=SERVICES, suppliers={})

    assert declared.topics[topic.name][1]["cleanup.policy"] == "compact"
    dead_letters = declared.topics[topic.dead_letter_name][1]
    assert dead_letters["cleanup.policy"] == "delete"
    assert int(dead_letters["max.message.bytes"]) > 1000


def test_a_supplier_reaches_only_names_with_its_own_prefix():
    """INVARIANT: a billing principal reaches only its supplier's topics and groups."""
    every = [*topics.ALL, *topics.supplier_topics("demo"), *topics.supplier_topics("other")]

    declared = declare(every, services=SERVICES, suppliers={"demo": "d", "other": "o"})

    of_demo = {right for right in declared.rights if right.user == "supplier-demo"}
    assert of_demo
    assert all(right.name.startswith("supplier-demo-") for right in of_demo)
    assert {right.operation for right in of_demo if right.prefixed} == {"READ"}


def test_a_group_prefix_ends_with_the_separator_so_that_no_other_user_shares_it():
    declared = declare([], services={"metering": "x", "meter": "y"}, suppliers={"demo": "z"})

    groups = {right.user: right.name for right in declared.rights if right.kind == "GROUP" and right.prefixed}
    assert groups == {"metering": "metering-", "meter": "meter-", "supplier-demo": "supplier-demo-"}


def test_every_topic_of_the_registry_has_a_known_owner():
    services = dict.fromkeys(("auth", "contracts", "metering", "notify", "tickets", "meter-poller"), "x")

    declared = declare(topics.ALL, services=services, suppliers={})

    assert {right.user for right in declared.rights} <= services.keys()
