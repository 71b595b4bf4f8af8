"""What tickets refuses."""

from common.errors import Forbidden


class ReadOnly(Forbidden):
    """The caller sees the contract by a share, which gives no right to write in its name."""

    code = "read_only"

    def __init__(self) -> None:
        super().__init__("this contract is shared with you for reading only")
