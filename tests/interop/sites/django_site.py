"""A tiny Django site: settings beside those of the guide, and two pages. gunicorn serves `application`."""

from pathlib import Path

import django
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.urls import include, path

HERE = Path(__file__).parent
OWN = {
    "SECRET_KEY": "practice",
    "ALLOWED_HOSTS": ["localhost"],
    "ROOT_URLCONF": __name__,
    "SESSION_COOKIE_NAME": "django",
    "INSTALLED_APPS": [
        "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "mozilla_django_oidc",
    ],
    "MIDDLEWARE": [
        "django.contrib.sessions.middleware.SessionMiddleware", "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    "DATABASES": {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": HERE / "site.db"}},
}  # fmt: skip
exec((HERE / "guide.py").read_text(), OWN)
settings.configure(**{name: value for name, value in OWN.items() if name.isupper()})
django.setup()
call_command("migrate", verbosity=0)


def outside(request: HttpRequest) -> HttpResponse:
    """For everybody."""
    return HttpResponse("outside")


def inside(request: HttpRequest) -> HttpResponse:
    """Who it is, and the way out."""
    token = f'<input type="hidden" name="csrfmiddlewaretoken" value="{get_token(request)}">'
    name = request.user.first_name
    return HttpResponse(f'<p>{name}</p><form action="/oidc/logout/" method="post">{token}</form>')


def older(request: HttpRequest) -> HttpResponse:
    """The session is five minutes older, so that the middleware looks."""
    request.session["oidc_id_token_expiration"] = 0
    return JsonResponse({"states": len(request.session["oidc_states"])})


urlpatterns = [
    path("", outside),
    path("inside", login_required(inside)),
    path("older", older),
    path("oidc/", include("mozilla_django_oidc.urls")),
]
application = get_wsgi_application()
