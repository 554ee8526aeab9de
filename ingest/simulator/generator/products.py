"""The ten invented products: what they are called, what is in them, how they test."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Suite:
    """Cases that run together. `runs` is a year's share of about 1,500 in all.

    configurations: (name, first fraction of the year, last fraction) of each series.
    retries: how often a failed case is tried again within the run.
    """

    source: str
    folder: str
    cases: int
    runs: int
    configurations: tuple[tuple[str, float, float], ...] = ()
    threads: int = 1
    retries: int = 0
    kind: str = "automated"


@dataclass(frozen=True, slots=True)
class Rounds:
    """Acceptance by hand, of the cases of the suite "acceptance": a round every four
    weeks, in which people go through them in about `working_days`, due `due_days` after
    its start. adds_late: into every third round more cases come in its middle.
    """

    working_days: int
    due_days: int
    adds_late: bool = False


@dataclass(frozen=True, slots=True)
class Product:
    """areas: folder -> the things that its tests are about."""

    vendor: str
    name: str
    ticket: str
    areas: dict[str, tuple[str, ...]]
    suites: tuple[Suite, ...]
    version: int
    counts_only: bool = False
    outages: tuple[float, ...] = ()
    rounds: Rounds | None = None


CHROME = (("Chrome 126", 0.0, 0.42), ("Chrome 127", 0.42, 1.0))
FIREFOX = (("Firefox 128", 0.15, 1.0),)
PHONES = (("iPhone 14", 0.0, 0.3), ("iPhone 15", 0.3, 1.0))
PIXEL = (("Pixel 8", 0.0, 1.0),)
DATABASE = (("PostgreSQL 16", 0.0, 0.7), ("PostgreSQL 17", 0.7, 1.0))

HARBOUR_SHOP = Product(
    vendor="testmo",
    name="Harbour Shop",
    ticket="SHOP",
    areas={
        "Catalogue": ("product", "category", "price filter", "review", "wish list"),
        "Checkout": ("basket", "voucher", "delivery address", "payment card"),
        "Orders": ("order", "return", "invoice", "gift card", "partial delivery"),
        "Account": ("password", "newsletter choice", "saved card", "address book"),
        "Search": ("search term", "suggestion", "synonym", "spelling correction"),
        "Back office": ("stock level", "price list", "discount rule", "supplier"),
    },
    suites=(
        Suite("backend", "API", 460, 100, DATABASE, threads=4),
        Suite("web", "Web", 350, 110, CHROME + FIREFOX, threads=8, retries=2),
        Suite("mobile-ios", "iOS", 170, 50, PHONES, threads=2, retries=1),
        Suite("manual", "Manual", 45, 20, CHROME, kind="manual"),
        Suite("acceptance", "Manual / Acceptance", 140, 0, CHROME, kind="manual"),
    ),
    version=41,
    outages=(0.31, 0.86),
    rounds=Rounds(working_days=15, due_days=31),
)
FERRY_BOOKING = Product(
    vendor="testmo",
    name="Ferry Booking",
    ticket="FERRY",
    areas={
        "Timetable": ("departure", "route", "season calendar", "delay notice"),
        "Booking": ("passenger", "cabin", "vehicle", "seat", "meal plan", "pet"),
        "Tickets": ("ticket", "boarding pass", "group ticket", "season ticket"),
        "Payment": ("fare", "refund", "loyalty card", "payment link"),
        "Check-in": ("passport scan", "lane number", "boarding gate"),
    },
    suites=(
        Suite("api", "API", 330, 100, DATABASE, threads=4),
        Suite("web", "Web", 240, 90, CHROME, threads=6, retries=1),
        Suite("manual", "Manual", 40, 15, CHROME, kind="manual"),
        Suite("acceptance", "Manual / Acceptance", 120, 0, CHROME, kind="manual"),
    ),
    version=12,
    outages=(0.64,),
    rounds=Rounds(working_days=18, due_days=23, adds_late=True),
)
LEDGER_CORE = Product(
    vendor="testmo",
    name="Ledger Core",
    ticket="LEDGER",
    areas={
        "Journal": ("journal entry", "posting", "reversal", "attachment"),
        "Accounts": ("account", "cost centre", "opening balance", "chart of accounts"),
        "Tax": ("tax code", "tax return", "reverse charge", "rounding rule"),
        "Reports": ("balance sheet", "cash flow", "trial balance", "audit trail"),
        "Banking": ("bank statement", "payment run", "direct debit", "exchange rate"),
    },
    suites=(Suite("backend", "Core", 430, 120, DATABASE, threads=6),),
    version=7,
    counts_only=True,
)
CLINIC_PLANNER = Product(
    vendor="testomatio",
    name="Clinic Planner",
    ticket="CLIN",
    areas={
        "Appointments": ("appointment", "waiting list", "reminder", "cancellation"),
        "Patients": ("patient record", "allergy", "insurance card", "consent form"),
        "Treatment": ("prescription", "referral", "lab result", "vaccination"),
        "Staff": ("shift", "room", "absence", "on-call duty"),
        "Billing": ("bill", "co-payment", "service code"),
    },
    suites=(
        Suite("api", "API", 280, 90, DATABASE, threads=4),
        Suite("web", "Web", 260, 90, CHROME + FIREFOX, threads=4, retries=1),
        Suite("manual", "Manual", 50, 20, CHROME, kind="manual"),
    ),
    version=23,
    outages=(0.48,),
)
PARCEL_TRACKER = Product(
    vendor="testomatio",
    name="Parcel Tracker",
    ticket="PARC",
    areas={
        "Shipping": ("parcel", "label", "customs form", "pick-up slot"),
        "Tracking": ("scan event", "delivery window", "tracking link", "geofence"),
        "Depot": ("route plan", "driver", "van", "sorting lane"),
        "Complaints": ("claim", "damage photo", "redelivery"),
    },
    suites=(
        Suite("backend", "Services", 270, 80, DATABASE, threads=4),
        Suite("web", "Portal", 160, 70, CHROME, threads=2, retries=1),
    ),
    version=88,
)
CLASSROOM = Product(
    vendor="testably",
    name="Classroom",
    ticket="CLASS",
    areas={
        "Courses": ("course", "lesson", "video", "glossary", "certificate"),
        "Assignments": ("assignment", "quiz", "grade", "rubric", "late submission"),
        "People": ("student", "teacher", "guardian", "study group"),
        "Messages": ("announcement", "comment", "notification"),
    },
    suites=(
        Suite("web", "Web", 220, 90, CHROME, threads=2),
        Suite("android", "Android", 140, 50, PIXEL, threads=1),
    ),
    version=5,
    outages=(0.72,),
)
GRID_MONITOR = Product(
    vendor="testably",
    name="Grid Monitor",
    ticket="GRID",
    areas={
        "Metering": ("meter", "reading", "load profile", "tariff"),
        "Incidents": ("outage ticket", "alarm", "crew", "switching order"),
        "Network": ("feeder", "substation", "transformer", "topology map"),
    },
    suites=(Suite("backend", "Backend", 190, 80, DATABASE, threads=2),),
    version=31,
)
RECIPE_BOX = Product(
    vendor="qatech",
    name="Recipe Box",
    ticket="RBOX",
    areas={
        "Recipes": ("recipe", "ingredient", "cooking timer", "photo"),
        "Planning": ("meal plan", "shopping list", "portion size"),
        "Community": ("comment", "favourite", "collection"),
    },
    suites=(Suite("web", "Journeys", 76, 100, CHROME, threads=4),),
    version=3,
)
FLAT_FINDER = Product(
    vendor="qatech",
    name="Flat Finder",
    ticket="FLAT",
    areas={
        "Search": ("map search", "saved search", "commute filter"),
        "Listings": ("listing", "floor plan", "viewing request", "landlord reply"),
        "Account": ("profile", "document folder"),
    },
    suites=(Suite("web", "Journeys", 52, 75, CHROME + FIREFOX, threads=2),),
    version=9,
)
MUSIC_STUDIO = Product(
    vendor="testifly",
    name="Music Studio",
    ticket="MUSE",
    areas={
        "Tracks": ("track", "loop", "recording", "tempo change"),
        "Mixing": ("channel", "effect", "bus", "automation curve"),
        "Library": ("playlist", "sample pack", "preset", "export"),
        "Sharing": ("project link", "collaborator", "comment"),
    },
    suites=(
        Suite("web", "Web", 125, 100, CHROME, threads=2),
        Suite("mobile-ios", "iOS", 80, 50, PHONES, threads=1),
    ),
    version=17,
)
PRODUCTS = (
    HARBOUR_SHOP,
    FERRY_BOOKING,
    LEDGER_CORE,
    CLINIC_PLANNER,
    PARCEL_TRACKER,
    CLASSROOM,
    GRID_MONITOR,
    RECIPE_BOX,
    FLAT_FINDER,
    MUSIC_STUDIO,
)
