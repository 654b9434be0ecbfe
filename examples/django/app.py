"""The shop with Django: models, sessions and CSRF tokens are Django's own. Kittiwake holds the WebSockets, and asks."""

import hmac
import json
import os
import secrets
import threading
import time
from base64 import b64encode
from functools import wraps
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import django
from django.conf import settings

GATEWAY_URL = os.environ.get("GATEWAY_URL", "http://127.0.0.1:9000")
API_KEY = os.environ["API_KEY"]
CALLBACKS_ARE_FROM = "Basic " + b64encode(f"kittiwake:{os.environ['CALLBACK_PASSWORD']}".encode()).decode()
SHARED = Path(__file__).resolve().parent.parent / "orders"
STATUSES = {"paid", "packed", "shipped"}
TICKET_SECONDS = 30

settings.configure(  # one file is project and application at once
    SECRET_KEY=os.environ.get("SECRET_KEY") or secrets.token_hex(24),
    ALLOWED_HOSTS=["127.0.0.1", "localhost"],
    ROOT_URLCONF="__main__",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "__main__"],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ.get("DATABASE", "orders.sqlite3"),
            "OPTIONS": {"timeout": 10},
        }
    },
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    LOGGING={
        "version": 1,
        "handlers": {"console": {"class": "logging.StreamHandler"}},
        "loggers": {"django": {"handlers": ["console"], "level": "ERROR"}},
    },
)
django.setup()

from django.contrib.auth import authenticate, get_user, login, logout  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.core.exceptions import BadRequest  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import IntegrityError, connection, models, transaction  # noqa: E402
from django.db.models import F  # noqa: E402
from django.forms.models import model_to_dict  # noqa: E402
from django.http import HttpRequest, HttpResponse, JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402
from django.views.decorators.csrf import csrf_exempt, ensure_csrf_cookie  # noqa: E402
from django.views.decorators.http import require_GET, require_POST  # noqa: E402


class Stock(models.Model):
    book = models.CharField(max_length=100, primary_key=True)
    copies = models.PositiveIntegerField()  # the database checks that it is never below zero


class Order(models.Model):
    customer = models.CharField(max_length=100)
    book = models.CharField(max_length=100)
    status = models.CharField(max_length=20, default="paid")
    version = models.PositiveIntegerField(default=1)  # one more with each change: what Kittiwake is told as "order"

    def is_visible_to(self, user):
        return user.is_staff or user.username == self.customer


class Outgoing(models.Model):
    """What Kittiwake has not been told yet. It is written with the change that it tells of, in one transaction."""

    path = models.CharField(max_length=100)
    body = models.TextField()


class Login(models.Model):
    """The session is as secret as a password; the name is what Kittiwake knows it by."""

    name = models.CharField(max_length=40, primary_key=True)
    session = models.CharField(max_length=40, unique=True)


class Ticket(models.Model):
    ticket = models.CharField(max_length=40, primary_key=True)
    login = models.ForeignKey(Login, on_delete=models.CASCADE)
    expires = models.FloatField()


# The outbox

committed = threading.Event()


def leave(path, body):
    Outgoing.objects.create(path=path, body=json.dumps(body))
    transaction.on_commit(committed.set)


def relay():
    """Tells Kittiwake what was committed, in order. What it cannot be told stays, also over a restart."""
    while True:
        committed.wait(1)
        committed.clear()
        try:
            while message := Outgoing.objects.order_by("id").first():
                tell(message)
                message.delete()
        except Exception as error:
            print("Kittiwake cannot be told, and will be later:", error, flush=True)


def tell(message):
    headers = {"authorization": f"Bearer {API_KEY}", "content-type": "application/json"}
    try:
        urlopen(Request(GATEWAY_URL + message.path, message.body.encode(), headers), timeout=5).close()
    except HTTPError as error:
        if error.code != 400:
            raise
        print("Kittiwake does not take", message.body, error.read().decode(), flush=True)  # nor will it ever


@transaction.atomic
def change_order(order_id, status):
    """The change and what is to be told of it are one transaction: neither is there without the other."""
    Order.objects.filter(id=order_id).update(status=status, version=F("version") + 1)
    order = Order.objects.get(id=order_id)
    publication = {
        "subscription": f"orders.{order.id}",
        "data": model_to_dict(order),
        "options": {"order": order.version},  # what is older than the client has it never gets
    }
    leave("/publish", publication)
    note = {"text": f"Your {order.book} is {status}."}
    leave("/trigger", {"rooms": [{"customer": order.customer}], "data": note})
    if status == "shipped":
        Stock.objects.filter(book=order.book).update(copies=F("copies") - 1)
    return order


# What browsers ask


def body_of(request):
    try:
        body = json.loads(request.body)
    except ValueError:
        raise BadRequest("This is no JSON.")
    if not isinstance(body, dict):
        raise BadRequest("This is no JSON object.")
    return body


def for_users(view):
    @wraps(view)
    def checked(request, **captured):
        if not request.user.is_authenticated:
            return JsonResponse({"error": "Log in first."}, status=401)
        return view(request, **captured)

    return checked


@ensure_csrf_cookie
@require_GET
def page(request):
    return HttpResponse((SHARED / "page.html").read_text().replace("{{gateway}}", GATEWAY_URL))


@require_POST
def log_in(request):
    body = body_of(request)
    user = authenticate(request, username=body.get("name"), password=body.get("password"))
    if user is None:
        return JsonResponse({"error": "There is no such user, or the password is wrong."}, status=403)
    login(request, user)  # with another session key
    name = secrets.token_urlsafe(9)
    request.session["login"] = name
    request.session.save()
    Login.objects.create(name=name, session=request.session.session_key)
    return JsonResponse({"user": user.username})


@require_POST
@for_users
@transaction.atomic
def log_out(request):
    Login.objects.filter(session=request.session.session_key).delete()
    # Who is logged in elsewhere comes back with another ticket.
    leave("/disconnect", {"identity": request.user.username, "reconnect": True})
    logout(request)
    return JsonResponse({})


@require_POST
@for_users
def issue_ticket(request):
    ticket, now = secrets.token_urlsafe(24), time.time()
    Ticket.objects.filter(expires__lt=now).delete()
    Ticket.objects.create(ticket=ticket, login_id=request.session["login"], expires=now + TICKET_SECONDS)
    return JsonResponse({"ticket": ticket})


@require_GET
@for_users
def list_orders(request):
    orders = [model_to_dict(order) for order in Order.objects.order_by("id") if order.is_visible_to(request.user)]
    return JsonResponse({"user": request.user.username, "staff": request.user.is_staff, "orders": orders})


@require_POST
@for_users
def update_order(request, order_id):
    status = body_of(request).get("status")
    if not request.user.is_staff:
        return JsonResponse({"error": "Only staff may do this."}, status=403)
    if status not in STATUSES:
        return JsonResponse({"error": "There is no such status."}, status=400)
    try:
        return JsonResponse(model_to_dict(change_order(order_id, status)))
    except Order.DoesNotExist:
        return JsonResponse({"error": "There is no such order."}, status=404)
    except IntegrityError:
        return JsonResponse({"error": "There is no copy left."}, status=409)


@require_GET
@for_users
def rooms(request):
    """Kittiwake asks with the cookies of the visitor's browser: any status but 200 refuses."""
    return JsonResponse({"allowed_rooms": [{"customer": "*" if request.user.is_staff else request.user.username}]})


# What Kittiwake asks by itself


def for_kittiwake(view):
    """No browser is behind these requests, so there is no CSRF token; they show a password instead."""

    @csrf_exempt
    @require_POST
    @wraps(view)
    def checked(request):
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), CALLBACKS_ARE_FROM.encode()):
            return JsonResponse({"error": "This is for Kittiwake."}, status=401)
        return JsonResponse(view(body_of(request)))

    return checked


@for_kittiwake
def whose_ticket(body):
    """A ticket is good once, and for a short time."""
    ticket = Ticket.objects.filter(ticket=str(body["ticket"]), expires__gte=time.time()).first()
    user = ticket and user_of(ticket.login_id)
    if not user or not Ticket.objects.filter(ticket=ticket.ticket).delete()[0]:  # somebody else was faster
        return {"status": "error", "error": "The ticket is used or too old."}
    return {"status": "ok", "user_id": user.username, "login": ticket.login_id}


@for_kittiwake
def authorizer(body):
    user, order = user_of(body["login"]), order_of(body)
    if not user:
        return {"status": "error", "error": "Log in first."}
    if not order or not order.is_visible_to(user):
        return {"status": "error", "error": "This is not your order."}
    return {"status": "ok"}


@for_kittiwake
def state(body):
    order = order_of(body)
    return {"status": "ok", "data": model_to_dict(order), "options": {"order": order.version}}


def user_of(name):
    """Whose session a login is, as Django sees it: nobody's when it has ended, or the password is another."""
    known = Login.objects.filter(name=name).first()
    request = HttpRequest()
    request.session = SessionStore(known and known.session)
    user = get_user(request)
    return user if user.is_authenticated and user.is_active else None


def order_of(body):
    order_id = body["subscription"].removeprefix("orders.")
    return Order.objects.filter(id=order_id).first() if order_id.isdecimal() else None


urlpatterns = [
    path("", page),
    path("login", log_in),
    path("logout", log_out),
    path("ticket", issue_ticket),
    path("orders", list_orders),
    path("orders/<int:order_id>", update_order),
    path("kittiwake/ticket", whose_ticket),
    path("kittiwake/authorizer", authorizer),
    path("kittiwake/state", state),
    path("kittiwake/rooms", rooms),
]


def fill():
    call_command("migrate", verbosity=0)
    if User.objects.exists():
        return
    with connection.schema_editor() as editor:  # in a project of yours migrations do it
        for model in [Stock, Order, Outgoing, Login, Ticket]:
            editor.create_model(model)
    for name in ["anna", "ben", "carla"]:
        User.objects.create_user(name, password="demo", is_staff=name == "carla")
    for customer, book, copies in [("anna", "Moby-Dick", 3), ("anna", "Emma", 0), ("ben", "Ulysses", 3)]:
        Order.objects.create(customer=customer, book=book)
        Stock.objects.create(book=book, copies=copies)


if __name__ == "__main__":
    fill()
    threading.Thread(target=relay, daemon=True).start()
    address = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
    call_command("runserver", address, use_reloader=False)
