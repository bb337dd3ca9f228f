"""Rate, errors and duration of every route, and a house's own counters, in a registry of the application's own."""

from time import perf_counter

from flask import Blueprint, Flask, Response, current_app, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from web import logs
from web.guards import Guard, guard

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
routes = Blueprint("metrics", __name__)


def registry() -> CollectorRegistry:
    """The registry of the application that answers now; a house registers its own counters in it."""
    found: CollectorRegistry = current_app.extensions["metrics"]
    return found


@routes.get("/metrics")
@guard(Guard.PUBLIC)
def metrics() -> Response:
    """The figures of this process in Prometheus' text format."""
    return Response(generate_latest(registry()), content_type=CONTENT_TYPE_LATEST)


def install(app: Flask) -> None:
    """Counts and times each request, and writes its line into the log."""
    own = CollectorRegistry()
    requests = Counter("laotrust_requests", "Requests answered", ["method", "route", "status"], registry=own)
    seconds = Histogram("laotrust_request_seconds", "Time to answer", ["route"], buckets=_SECONDS, registry=own)
    app.extensions["metrics"], app.extensions["figures"] = own, (requests, seconds)
    app.register_blueprint(routes)

    @app.before_request
    def start() -> None:
        g.started = perf_counter()

    @app.after_request
    def count(response: Response) -> Response:
        took = perf_counter() - g.get("started", perf_counter())
        route = request.url_rule.rule if request.url_rule else "unmatched"
        answered(app, request.method, route, response.status_code, took)
        if route not in {"/healthz", "/readyz", "/metrics"}:
            logs.log("request", status=response.status_code, ms=round(took * 1000, 1))
        return response


def answered(app: Flask, method: str, route: str, status: int, *took: float) -> None:
    """So many answers more, each after so many seconds."""
    counted(app, method, route, status, len(took))
    seconds = app.extensions["figures"][1].labels(route)
    for one in took:
        seconds.observe(one)


def counted(app: Flask, method: str, route: str, status: int, number: int) -> None:
    """So many answers more."""
    app.extensions["figures"][0].labels(method, route, status).inc(number)
