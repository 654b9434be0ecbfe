"""The shop with Python's standard library. It only speaks HTTP: Kittiwake holds the WebSockets, and asks."""

import hmac
import json
import os
import re
import secrets
import sqlite3
import threading
import time
from base64 import b64encode
from contextlib import closing, contextmanager
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

HOST, PORT = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8000"))
GATEWAY_URL = os.environ.get("GATEWAY_URL", "http://127.0.0.1:9000")
API_KEY = os.environ["API_KEY"]
CALLBACKS_ARE_FROM = "Basic " + b64encode(f"kittiwake:{os.environ['CALLBACK_PASSWORD']}".encode()).decode()
DATABASE = os.environ.get("DATABASE", "orders.sqlite3")
SHARED = Path(__file__).parent.parent / "orders"

PASSWORDS = {"anna": "demo", "ben": "demo", "carla": "demo"}  # yours are hashed
STAFF = {"carla"}
STATUSES = {"paid", "packed", "shipped"}
TICKET_SECONDS = 30
MAX_BODY_BYTES = 64 * 1024


# The database


@contextmanager
def transaction():
    """All of it is committed, or none; a thread has a connection of its own."""
    with closing(sqlite3.connect(DATABASE, isolation_level="IMMEDIATE")) as db:
        db.row_factory = sqlite3.Row
        with db:
            yield db


def one(sql, *values):
    with transaction() as db:
        rows = db.execute(sql, values).fetchall()
        return rows[0] if rows else None


def find_order(order_id):
    row = one("SELECT id, customer, book, status, version FROM orders WHERE id = ?", order_id)
    return dict(row) if row else None


def may_see(user, order):
    return order is not None and (user in STAFF or user == order["customer"])


def change_order(order_id, status):
    """The change and what is to be told of it are one transaction: neither is there without the other."""
    with transaction() as db:
        rows = db.execute(
            "UPDATE orders SET status = ?, version = version + 1 WHERE id = ? RETURNING *", (status, order_id)
        ).fetchall()
        if not rows:
            raise Refused(404, "There is no such order.")
        order = dict(rows[0])
        note = {"text": f"Your {order['book']} is {status}."}
        publication = {
            "subscription": f"orders.{order['id']}",
            "data": order,
            "options": {"order": order["version"]},  # what is older than the client has it never gets
        }
        leave(db, "/publish", publication)
        leave(db, "/trigger", {"rooms": [{"customer": order["customer"]}], "data": note})
        if status == "shipped":
            db.execute("UPDATE stock SET copies = copies - 1 WHERE book = ?", (order["book"],))
    committed.set()
    return order


# The outbox


committed = threading.Event()


def leave(db, path, body):
    db.execute("INSERT INTO outbox (path, body) VALUES (?, ?)", (path, json.dumps(body)))


def relay():
    """Tells Kittiwake what was committed, in order. What it cannot be told stays, also over a restart."""
    while True:
        committed.wait(1)
        committed.clear()
        try:
            while row := one("SELECT * FROM outbox ORDER BY id LIMIT 1"):
                tell(row)
                one("DELETE FROM outbox WHERE id = ?", row["id"])
        except Exception as error:
            print("Kittiwake cannot be told, and will be later:", error, flush=True)


def tell(row):
    headers = {"authorization": f"Bearer {API_KEY}", "content-type": "application/json"}
    try:
        urlopen(Request(GATEWAY_URL + row["path"], row["body"].encode(), headers), timeout=5).close()
    except HTTPError as error:
        if error.code != 400:
            raise
        print("Kittiwake does not take", row["body"], error.read().decode(), flush=True)  # nor will it ever


# HTTP


class Refused(Exception):
    def __init__(self, status, error):
        super().__init__(error)
        self.status = status


def same(one, other):
    return hmac.compare_digest(one.encode(), other.encode())


def with_csrf_token(view):
    """Another site can make a browser send cookies, but not read them: only our page can say one again."""

    def checked(request, *values):
        token = request.cookie("csrftoken")
        if not token or not same(token, request.headers.get("x-csrftoken", "")):
            raise Refused(403, "The CSRF token is missing or wrong.")
        return view(request, *values)

    return checked


def for_kittiwake(view):
    """No browser is behind these requests, so there is no CSRF token; they show a password instead."""

    def checked(request):
        if not same(request.headers.get("authorization", ""), CALLBACKS_ARE_FROM):
            raise Refused(401, "This is for Kittiwake.")
        return view(request.json())

    return checked


def page(request):
    text = (SHARED / "page.html").read_text().replace("{{gateway}}", GATEWAY_URL)
    if not request.cookie("csrftoken"):
        request.set_cookie("csrftoken", secrets.token_hex(16))
    request.answer(text.encode(), "text/html; charset=utf-8")


@with_csrf_token
def log_in(request):
    body = request.json()
    user = str(body.get("name"))
    if user not in PASSWORDS or not same(PASSWORDS[user], str(body.get("password"))):
        raise Refused(403, "There is no such user, or the password is wrong.")
    session = secrets.token_urlsafe(24)
    one("INSERT INTO logins VALUES (?, ?, ?)", secrets.token_urlsafe(9), session, user)
    request.set_cookie("session", session, "; HttpOnly")
    return {"user": user}


@with_csrf_token
def log_out(request):
    login = request.login()
    with transaction() as db:
        db.execute("DELETE FROM logins WHERE login = ?", (login["login"],))
        # Who is logged in elsewhere comes back with another ticket.
        leave(db, "/disconnect", {"identity": login["customer"], "reconnect": True})
    committed.set()
    request.set_cookie("session", "", "; Max-Age=0")
    return {}


@with_csrf_token
def issue_ticket(request):
    ticket, now = secrets.token_urlsafe(24), int(time.time())
    one("DELETE FROM tickets WHERE expires < ?", now)
    one("INSERT INTO tickets VALUES (?, ?, ?)", ticket, request.login()["login"], now + TICKET_SECONDS)
    return {"ticket": ticket}


def list_orders(request):
    user = request.login()["customer"]
    with transaction() as db:
        orders = [dict(row) for row in db.execute("SELECT * FROM orders ORDER BY id")]
    visible = [order for order in orders if may_see(user, order)]
    return {"user": user, "staff": user in STAFF, "orders": visible}


@with_csrf_token
def update_order(request, order_id):
    if request.login()["customer"] not in STAFF:
        raise Refused(403, "Only staff may do this.")
    status = request.json().get("status")
    if status not in STATUSES:
        raise Refused(400, "There is no such status.")
    try:
        return change_order(int(order_id), status)
    except sqlite3.IntegrityError:
        raise Refused(409, "There is no copy left.")


# What Kittiwake asks


@for_kittiwake
def whose_ticket(body):
    """A ticket is good once, and for a short time."""
    row = one("DELETE FROM tickets WHERE ticket = ? AND expires >= ? RETURNING login", str(body["ticket"]), int(time.time()))
    login = row and one("SELECT * FROM logins WHERE login = ?", row["login"])
    if not login:
        return {"status": "error", "error": "The ticket is used or too old."}
    return {"status": "ok", "user_id": login["customer"], "login": login["login"]}


@for_kittiwake
def authorizer(body):
    login = one("SELECT * FROM logins WHERE login = ?", body["login"])
    if not login:
        return {"status": "error", "error": "Log in first."}
    if not may_see(login["customer"], find_order(topic_of(body))):
        return {"status": "error", "error": "This is not your order."}
    return {"status": "ok"}


@for_kittiwake
def state(body):
    order = find_order(topic_of(body))
    return {"status": "ok", "data": order, "options": {"order": order["version"]}}


def rooms(request):
    """Asked with the cookies of the visitor's browser: any status but 200 refuses."""
    user = request.login()["customer"]
    return {"allowed_rooms": [{"customer": "*" if user in STAFF else user}]}


def topic_of(body):
    return body["subscription"].removeprefix("orders.")


ROUTES = [
    ("GET", r"/", page),
    ("POST", r"/login", log_in),
    ("POST", r"/logout", log_out),
    ("POST", r"/ticket", issue_ticket),
    ("GET", r"/orders", list_orders),
    ("POST", r"/orders/(\d+)", update_order),
    ("POST", r"/kittiwake/ticket", whose_ticket),
    ("POST", r"/kittiwake/authorizer", authorizer),
    ("POST", r"/kittiwake/state", state),
    ("GET", r"/kittiwake/rooms", rooms),
]


class Shop(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # Kittiwake keeps its connections
    wbufsize = -1  # headers and body go out together

    def do_GET(self):
        self.set_cookies = []
        try:
            self.body = self.read_body()
            answer = self.view()
            if answer is not None:
                self.answer(json.dumps(answer).encode(), "application/json")
        except Refused as refused:
            self.answer(json.dumps({"error": str(refused)}).encode(), "application/json", refused.status)

    do_POST = do_GET

    def view(self):
        path = self.path.split("?")[0]
        for method, pattern, view in ROUTES:
            match = re.fullmatch(pattern, path) if method == self.command else None
            if match:
                return view(self, *match.groups())
        raise Refused(404, "There is nothing here.")

    def read_body(self):
        size = int(self.headers.get("content-length", 0))
        if size > MAX_BODY_BYTES:
            self.close_connection = True
            raise Refused(413, "This is too much.")
        return self.rfile.read(size)

    def json(self):
        try:
            body = json.loads(self.body)
        except ValueError:
            raise Refused(400, "This is no JSON.")
        if not isinstance(body, dict):
            raise Refused(400, "This is no JSON object.")
        return body

    def login(self):
        login = one("SELECT * FROM logins WHERE session = ?", self.cookie("session"))
        if not login:
            raise Refused(401, "Log in first.")
        return login

    def cookie(self, name):
        morsel = SimpleCookie(self.headers.get("cookie")).get(name)
        return morsel and morsel.value

    def set_cookie(self, name, value, attributes=""):
        self.set_cookies.append(f"{name}={value}; Path=/; SameSite=Lax{attributes}")

    def answer(self, body, content_type, status=200):
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        for cookie in self.set_cookies:
            self.send_header("set-cookie", cookie)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


with closing(sqlite3.connect(DATABASE)) as db:
    db.executescript((SHARED / "schema.sql").read_text())
threading.Thread(target=relay, daemon=True).start()
print(f"http://{HOST}:{PORT}", flush=True)
ThreadingHTTPServer((HOST, PORT), Shop).serve_forever()
