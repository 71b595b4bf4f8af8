"""The sheet with new passwords as one printable page: a strip for each contract, no script, nothing from elsewhere."""

import base64
import hashlib
from html import escape

from contracts.schemas.operators import CredentialSheet

_STYLE = """
body { font: 12pt/1.4 sans-serif; margin: 1.5cm; }
section { border: 1px dashed #666; padding: .6cm; margin-bottom: .6cm; break-inside: avoid; }
h1 { font-size: 13pt; margin: 0 0 .3cm; }
dl { display: grid; grid-template-columns: 5cm 1fr; gap: .1cm .4cm; margin: 0; }
dd { margin: 0; font: 13pt monospace; }
@media print { body { margin: 0; } }
"""
_STYLE_SHA256 = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_SHA256}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
}


def page(sheet: CredentialSheet) -> str:
    """Return the page. Its texts are escaped: numbers and logins come from files."""
    strips = "".join(
        f"<section><h1>{escape(sheet.supplier)}</h1><dl>"
        f"<dt>Договор №</dt><dd>{escape(one.number)}</dd>"
        f"<dt>Логин</dt><dd>{escape(one.login)}</dd>"
        f"<dt>Пароль</dt><dd>{escape(one.password)}</dd>"
        "</dl><p>Добавьте договор в личном кабинете: выберите поставщика и введите логин и пароль. "
        "Прежний пароль больше не действует.</p></section>"
        for one in sheet.items
    )
    return (
        '<!doctype html><html lang="ru"><head><meta charset="utf-8"><title>Логины и пароли договоров</title>'
        f"<style>{_STYLE}</style></head><body>{strips}</body></html>"
    )
