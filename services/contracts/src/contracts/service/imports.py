"""Imports of contracts from a sheet: rows checked one by one, taken over together or not at all."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import uuid4

from pydantic import TypeAdapter, ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.domain.contracts import Contract, is_portals_hash
from contracts.domain.imports import ImportedContract, ImportReport, RowFault
from contracts.errors import UnknownColumns
from contracts.repository import contracts
from contracts.schemas.contracts import Login, Number
from contracts.service.store import store
from contracts.spreadsheets import Cell, Row

COLUMNS = {
    "number": "number",
    "номер": "number",
    "номер договора": "number",
    "login": "login",
    "логин": "login",
    "password_argon2id": "password_argon2id",
    "closed": "closed",
    "закрыт": "closed",
}
REQUIRED = ("number", "login")
YES, NO = {"1", "yes", "true", "да"}, {"0", "no", "false", "нет"}
_TEXTS = {"number": TypeAdapter[str](Number), "login": TypeAdapter[str](Login)}


def parse(rows: Sequence[Row]) -> tuple[list[ImportedContract], list[RowFault]]:
    """Return the good rows and the faults of the others. Raises UnknownColumns for a header that is none of ours."""
    header = [COLUMNS.get(cell.text.casefold()) for cell in rows[0][1]] if rows else []
    while header and header[-1] is None and not rows[0][1][len(header) - 1].text:
        header.pop()
    if None in header or len(set(header)) != len(header) or not set(REQUIRED) <= set(header):
        raise UnknownColumns
    names = [str(name) for name in header]
    good: list[ImportedContract] = []
    faults: list[RowFault] = []
    for number, cells in rows[1:]:
        parsed = _parse_row(number, dict(zip(names, cells, strict=False)))
        if isinstance(parsed, ImportedContract):
            good.append(parsed)
        else:
            faults += parsed
    return good, [*faults, *_repeats(good)]


async def take_over(
    connection: AsyncConnection, supplier_code: str, rows: Sequence[Row], *, now: datetime
) -> ImportReport:
    """Bring the supplier's contracts to what the rows say; what they leave out stays. Roll back if there are faults.

    A repeat changes nothing. Raises UnknownColumns.
    """
    good, faults = parse(rows)
    await contracts.lock_supplier(connection, supplier_code)
    known = await contracts.lock_numbers(connection, supplier_code, {one.number for one in good})
    wanted = [_wanted(one, known.get(one.number), supplier_code) for one in good]
    faults += await _taken(connection, good, wanted)
    counted = Counter[str]()
    if not faults:
        for contract in wanted:
            former = known.get(contract.number)
            counted["created" if former is None else "unchanged" if contract == former else "changed"] += 1
            if contract != former:
                await store(connection, contract, former, now=now)
    return ImportReport(
        rows=len(rows) - 1,
        created=counted["created"],
        changed=counted["changed"],
        unchanged=counted["unchanged"],
        passwords=any(one.password_argon2id for one in good),
        faults=tuple(sorted(faults, key=lambda fault: fault.row)),
    )


def _parse_row(row: int, cells: dict[str, Cell]) -> ImportedContract | list[RowFault]:
    faults = [_fault(row, name, cell.fault) for name, cell in cells.items() if cell.fault]
    texts = {name: cell.text for name, cell in cells.items() if not cell.fault}
    for name, kind in _TEXTS.items():
        if name in texts or name not in cells:
            faults += _text_faults(row, name, texts.get(name, ""), kind)
    hashed, closed = texts.get("password_argon2id", ""), texts.get("closed", "").casefold()
    if hashed and not is_portals_hash(hashed):
        faults.append(_fault(row, "password_argon2id", "invalid_hash"))
    if closed and closed not in YES | NO:
        faults.append(_fault(row, "closed", "invalid_value"))
    if faults:
        return faults
    return ImportedContract(
        row=row,
        number=texts["number"],
        login=texts["login"],
        password_argon2id=hashed or None,
        closed=closed in YES if closed else None,
    )


def _text_faults(row: int, name: str, text: str, kind: TypeAdapter[str]) -> list[RowFault]:
    if not text:
        return [_fault(row, name, "missing_value")]
    try:
        kind.validate_python(text)
    except ValidationError:
        return [_fault(row, name, "invalid_value")]
    return []


def _repeats(good: Iterable[ImportedContract]) -> list[RowFault]:
    numbers = Counter(one.number for one in good)
    logins = Counter(one.login for one in good)
    faults = [_fault(one.row, "number", "duplicate_number") for one in good if numbers[one.number] > 1]
    return faults + [_fault(one.row, "login", "duplicate_login") for one in good if logins[one.login] > 1]


async def _taken(
    connection: AsyncConnection, good: Sequence[ImportedContract], wanted: Sequence[Contract]
) -> list[RowFault]:
    taken = {held.login for held in await contracts.contracts_in_the_way(connection, wanted)}
    return [_fault(one.row, "login", "login_taken") for one in good if one.login in taken]


def _wanted(one: ImportedContract, former: Contract | None, supplier_code: str) -> Contract:
    closed = former.closed if former is not None else False
    return Contract(
        contract_id=former.contract_id if former is not None else uuid4(),
        supplier_code=supplier_code,
        number=one.number,
        login=one.login,
        password_hash=one.password_argon2id or (former.password_hash if former is not None else None),
        version=former.version if former is not None else 1,
        closed=closed if one.closed is None else one.closed,
    )


_MESSAGES = {
    "formula": "a formula is not believed: put its value",
    "missing_value": "a value is missing",
    "invalid_value": "this value cannot be taken",
    "invalid_hash": "this is no argon2id hash with the portal's parameters",
    "duplicate_number": "this number stands in several rows",
    "duplicate_login": "this login stands in several rows",
    "login_taken": "another contract of yours has this login",
}


def _fault(row: int, column: str, code: str) -> RowFault:
    return RowFault(row=row, column=column, code=code, message=_MESSAGES[code])
