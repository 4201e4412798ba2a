"""A microservice as a class: Chalice's application with routes by method names and one `auth`."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from chalice.app import Blueprint as ChaliceBlueprint
from chalice.app import Chalice

from coworks_compat.blueprint.base import Blueprint
from coworks_compat.guard import Guard, bound_auth, given_auth
from coworks_compat.marks import Needs, is_open, needs_of
from coworks_compat.naming import endpoints
from coworks_compat.proxy_event import is_unauthorized, read_call
from coworks_compat.territory import Territory
from coworks_compat.views import CONTENT_TYPES, view
from cwsauth.arn import MethodArn
from cwsauth.errors import ArnError, ConfigError, EventError, Unauthenticated
from cwsauth.policy.routes import RouteTable

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from cwsauth.authorizer import Authorizer
    from cwsauth.policy.routes import Route

    Hook = Callable[[], object]

H = TypeVar("H", bound=Callable[[], object])

_FRAMEWORK: tuple[type, ...] = (*Chalice.__mro__, *Blueprint.__mro__)


class TechMicroService(Chalice):
    """A service whose methods are its routes: `get`, `get_product(self, ref)`, `post_product(self, name="")`.

    `auth(self, auth_request)` guards all of them: True grants every route, False none, a list such as `['product/*']`
    those; or whatever else cwsauth takes. `authorizer=` is a function that takes its place. A service without either is
    open, and refuses authorizer events. Behind a function URL, which has no authorizer, guarded routes are refused. `env` is copied into the environment; `app_name` is the name of the class.

    `handler(event, context)` does the work of a call, between the hooks; `entries` maps paths to (verb, function).

    Raises:
        ConfigError: a method that is a route by accident, an `auth` that cannot be called or is None, `@requires` without
            `auth` or behind a decorator that hides it.
        ValueError: two methods are the same route.
    """

    url_prefix = ""

    def __init__(
        self,
        app_name: str | None = None,
        *,
        authorizer: Callable[..., object] | None = None,
        debug: bool = False,
        configure_logs: bool = True,
        env: MutableMapping[str, str] | None = None,
    ) -> None:
        super().__init__(app_name or type(self).__name__, debug=debug, configure_logs=configure_logs, env=env)
        if env is not None:
            os.environ.update(env)
        self.entries: dict[str, tuple[str, Callable[..., object]]] = {}
        self.blueprints: dict[str, ChaliceBlueprint] = {}
        self.extensions: dict[str, Any] = {}
        self.sfn_call = False
        self.current_request = None
        self._before_first: list[Hook] = []
        self._before: list[Hook] = []
        self._after: list[Hook] = []
        self._started = False
        self._guards: list[Guard] = []
        self._territories: dict[Guard, Territory] = {}
        self._table: RouteTable | None = None
        self.__auth__: Guard | None = None
        auth = given_auth(authorizer, self) if authorizer is not None else bound_auth(self)
        if auth is None and hasattr(self, "auth"):
            raise ConfigError(
                f"{type(self).__name__}.auth is None, which would open every route",
                help="delete it if the service is to be open, or open single routes with @public",
            )
        if auth is not None:
            self.__auth__ = self._guard("auth", auth)
        self._registering: Guard | None = self.__auth__
        self._add_endpoints(self, self.component_name, "")

    def __setattr__(self, name: str, value: object) -> None:
        if name == "auth" and "_registering" in self.__dict__:
            raise ConfigError(
                "auth is given to a service that is made already, whose routes would stay as they are",
                help="write it as a method of the class, or pass authorizer=",
            )
        super().__setattr__(name, value)

    @property
    def component_name(self) -> str:
        """The `url_prefix` of the class, before every route of the service."""
        return str(self.url_prefix or "").strip("/")

    # routes

    def register_blueprint(  # type: ignore[override]
        self,
        blueprint: ChaliceBlueprint,
        url_prefix: str = "/",
        name_prefix: str = "",
        *,
        authorizer: Callable[..., object] | None = None,
    ) -> None:
        """Adds the routes of a blueprint below `url_prefix`.

        They are guarded by `authorizer`, else by the blueprint's own `auth`, else by the service's.
        """
        own = authorizer if authorizer is not None else getattr(blueprint, "_own_authorizer", None)
        auth = given_auth(own, blueprint) if own is not None else None
        if auth is None and isinstance(blueprint, Blueprint):
            auth = bound_auth(blueprint)
        name = blueprint._import_name
        prefix = url_prefix.strip("/")
        try:
            if auth is not None:
                self._registering = self._guard(self._guard_name(name), auth)
            super().register_blueprint(
                blueprint, name_prefix=name_prefix or None, url_prefix=f"/{prefix}" if prefix else None
            )
            if isinstance(blueprint, Blueprint):
                self._add_endpoints(blueprint, prefix, name_prefix)
        finally:
            self._registering = self.__auth__
        self.blueprints[name] = blueprint

    def cwsauth_routes(self) -> list[str]:
        """The routes as cwsauth reads them, `VERB /path`. One with an empty segment cannot be called, and is left out."""
        return [f"{verb} {path}" for path, views in self.routes.items() if "//" not in path for verb in views]

    def cwsauth_views(self) -> list[tuple[str, object]]:
        """The routes with their views, which bear what `@requires` and `@public` say."""
        return [
            (f"{verb} {path}", entry.view_function)
            for path, views in self.routes.items()
            if "//" not in path
            for verb, entry in views.items()
        ]

    @property
    def route_table(self) -> RouteTable:
        """The declared routes, as cwsauth's table.

        Raises:
            RouteError: a route that API Gateway would not take.
        """
        if self._table is None:
            self._table = RouteTable.of(self)
        return self._table

    @property
    def guards(self) -> list[Guard]:
        """The authorizers of the service: its own, and those of blueprints that have one."""
        return list(self._guards)

    def _add_endpoints(self, component: TechMicroService | Blueprint, prefix: str, name_prefix: str) -> None:
        for endpoint in endpoints(type(component), prefix, (*_FRAMEWORK, TechMicroService)):
            call = view(component, endpoint)
            self.route(
                endpoint.path,
                name=name_prefix + endpoint.name,
                methods=[endpoint.verb],
                content_types=list(CONTENT_TYPES),
            )(call)
            self.entries[endpoint.path] = (endpoint.verb, endpoint.function)

    def _register_route(self, name: str, user_handler: Any, kwargs: Any, **unused: Any) -> None:
        """Registers a route, and guards it unless it is marked open or has an authorizer of its own."""
        options = kwargs["kwargs"]
        if is_open(user_handler):
            if options.get("authorizer") is not None:
                raise ConfigError(
                    f"'{name}' is public, and has an authorizer", help="take one of @public and authorizer= away"
                )
            options["authorizer"] = None
        elif options.get("authorizer") is None:
            options["authorizer"] = self._registering
        if needs_of(user_handler) is not None and not isinstance(options["authorizer"], Guard):
            raise ConfigError(
                f"'{name}' has @requires, but no auth guards it", help="give the class an auth(self, auth_request)"
            )
        super()._register_route(name, user_handler, kwargs, **unused)
        self._table = None
        self._territories.clear()

    # authorization

    def cwsauth_authorizer(self) -> Authorizer:
        """The authorizer of the service, as cwsauth's command line asks it.

        Raises:
            ConfigError: the service has no auth, or several.
        """
        if len(self._guards) != 1:
            how_many = "no auth" if not self._guards else f"{len(self._guards)} auths, each for routes of its own"
            raise ConfigError(f"{self.app_name} has {how_many}", help="see who may call what with 'cws routes'")
        return self._guards[0].authorizer

    def _guard(self, name: str, auth: Any) -> Guard:
        guard = Guard(name, auth, self._territory)
        self._guards.append(guard)
        self.builtin_auth_handlers.append(guard.config)
        self.handler_map[name] = guard
        return guard

    def _guard_name(self, blueprint: str) -> str:
        """A name for a blueprint's authorizer, which names a Lambda function and must be its own."""
        base = "auth_" + "".join(sign if sign.isascii() and sign.isalnum() else "_" for sign in blueprint)
        taken = {guard.name for guard in self._guards}
        return next(name for name in (base, *(f"{base}_{place}" for place in range(2, 1000))) if name not in taken)

    def _territory(self, guard: Guard) -> Territory:
        """The routes as `guard` sees them; the same object until a route is added."""
        known = self._territories.get(guard)
        if known is not None:
            return known
        own: list[Route] = []
        foreign: list[Route] = []
        needs: list[tuple[Route, Needs]] = []
        for route in self.route_table:
            entry = self.routes[route.template][route.method]
            authorizer: object = entry.authorizer
            if authorizer is None:
                continue
            if not isinstance(authorizer, Guard) or authorizer.config is not guard.config:
                foreign.append(route)
                continue
            own.append(route)
            required = needs_of(entry.view_function)
            if required is not None:
                needs.append((route, required))
        territory = Territory(self.route_table, tuple(own), tuple(foreign), tuple(needs))
        self._territories[guard] = territory
        return territory

    def _authorize(self, event: dict[str, Any], context: object) -> dict[str, Any]:
        guard = self._guards[0] if len(self._guards) == 1 else self._guard_of(event)
        if guard is None:
            self.log.error("%s has no auth: every authorizer event is refused", self.app_name)
            raise Unauthenticated("no auth")
        return guard.answer(event, context)

    def _guard_of(self, event: dict[str, Any]) -> Guard | None:
        """The guard of the route that an authorizer event is about; the service's own where that is none."""
        arn = event.get("methodArn", event.get("routeArn"))
        try:
            call = MethodArn.parse(arn)
        except ArnError:
            return self.__auth__  # which refuses an event without a proper ARN
        match = self.route_table.match(call.method, "/" + call.path)
        if match is None:
            return self.__auth__
        guard: object = self.routes[match.route.template][match.route.method].authorizer
        return guard if isinstance(guard, Guard) else self.__auth__

    # calls

    def __call__(self, event: Any, context: Any) -> Any:
        """The Lambda handler: hooks around `handler`. After an error no `after_request` hook runs."""
        if not self._started:
            for hook in self._before_first:
                hook()
            self._started = True
        for hook in self._before:
            hook()
        response = self.handler(event, context)
        for hook in self._after:
            hook()
        return response

    def handler(self, event: Any, context: Any) -> Any:
        """The answer to an authorizer event or to an API call."""
        kind = event.get("type") if isinstance(event, dict) else None
        if kind in ("TOKEN", "REQUEST"):
            return self._authorize(event, context)
        if kind == "CWS_SFN":
            raise EventError(
                "calls from step functions are outside coworks_compat", help="call the route through the API instead"
            )
        call = read_call(event, self.routes, lambda: self.route_table)
        if not call.found:
            return call.missing()
        if is_unauthorized(call.event) and self._is_guarded(call.event):
            self.log.error("refused: a guarded route was called without an authorizer in front")
            return call.forbidden()
        return call.answer(super().__call__(call.event, context))

    def _is_guarded(self, event: dict[str, Any]) -> bool:
        context = event["requestContext"]
        entry = self.routes.get(context.get("resourcePath"), {}).get(context.get("httpMethod"))
        return entry is not None and entry.authorizer is not None

    # hooks

    def before_first_request(self, hook: H) -> H:
        """Runs `hook()` before the first call of this instance; again before the next one if it raised."""
        self._before_first.append(hook)
        return hook

    def before_request(self, hook: H) -> H:
        """Runs `hook()` before every call, authorizer events too."""
        self._before.append(hook)
        return hook

    def after_request(self, hook: H) -> H:
        """Runs `hook()` after every call that did not raise."""
        self._after.append(hook)
        return hook

    # the local server

    def run(
        self,
        host: str = "127.0.0.1",
        port: int = 8000,
        project_dir: str = ".",
        stage: str | None = None,
        debug: bool = True,
    ) -> None:
        """Serves the service behind the local API Gateway until Ctrl-C, with the environment of a stage.

        Raises:
            SystemExit: 1 when `project_dir` has no `.chalice/config.json`.
        """
        from coworks_compat.local import run_service

        run_service(self, host=host, port=port, project_dir=project_dir, stage=stage, debug=debug)
