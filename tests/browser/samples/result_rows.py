"""Generated results of a run, odd names included."""

from __future__ import annotations

from random import Random

from dashboard.ui.parts import Number, State
from dashboard.ui.result_rows import ResultRow
from dashboard.ui.text import times
from tests.browser.samples.parts import strip


def result_rows() -> tuple[ResultRow, ...]:
    random = Random(21)
    frame = "TimeoutError: frame[name='threeds'] did not attach within 15000 ms"
    reset = "net::ERR_CONNECTION_RESET at https://sandbox.paypal.example/signin"
    cards = "Payments / Cards / 3-D Secure"
    lines = [
        ("fail", "Pay with saved card after 3-D Secure challenge", cards, 4, frame, 72),
        ("fail", "Pay with new card, 3-D Secure frictionless", cards, 4, frame, 64),
        ("fail", "3-D Secure declined shows retry", cards, 4, frame, 58),
        ("err", "PayPal sandbox login", "Payments / PayPal", 2, reset, 31),
        (
            "fail",
            "Voucher code cannot be applied twice " + "and again " * 17,
            "Checkout / Vouchers",
            1,
            "AssertionError: discount expected 10.00 got 20.00",
            9,
        ),
        (
            "fail",
            "<script>alert(1)</script> \N{SLICE OF PIZZA} Klarna invoice",
            "Payments / Klarna",
            7,
            "AssertionError: expected 'MVA 25 %' got 'VAT 25 %'",
            14,
        ),
    ]
    rows = []
    for i, (glyph, name, folder, thread, message, seconds) in enumerate(lines):
        still = i == 5
        rows.append(
            ResultRow(
                name=name,
                href=f"/cases/{i + 1}/",
                folder=folder,
                state=State(glyph=glyph, word="error" if glyph == "err" else "failed"),
                message=message,
                duration=times.duration(seconds * 1000),
                thread=str(thread),
                strip=strip(
                    random, 20, failing=1 if still else 0.1, tail="EPE"[-1 - i % 3 :]
                ),
                change=State(glyph="", word="still," if still else "newly failing")
                if still
                else State(glyph="", word="newly failing", bad=True),
                change_number=Number(
                    text="62 runs", value=62, href="/results/?case=6", metric="streak"
                )
                if still
                else None,
            )
        )
    return tuple(rows)
