"""`cws deploy`: from an app to a stage that answers, by terraform in two roots.

The order keeps a stage whole at every moment: routes are added to the API first, where no stage shows them yet; then the
function gets its configuration and code; only then the stage shows the new routes. So no new route is ever answered by
old code or by an answer that an old authorizer left in the cache.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coworks_compat.deploy import deployed as records
from coworks_compat.deploy.aws import aws_errors
from coworks_compat.deploy.branch import commit_of
from coworks_compat.deploy.deployed import Deployed, Release
from coworks_compat.deploy.fingerprint import facts
from coworks_compat.deploy.generate.api import ALIAS, api_root
from coworks_compat.deploy.generate.backend import Backend
from coworks_compat.deploy.generate.names import method_name
from coworks_compat.deploy.generate.roots import Roots, api_fingerprint, write_api, write_stage
from coworks_compat.deploy.generate.values import ApiPlace, Environment, environment, read_policy, stage_values
from coworks_compat.deploy.live import missing_routes, read_api, read_stages
from coworks_compat.deploy.package import Package, build
from coworks_compat.deploy.permissions import Found, Permissions
from coworks_compat.deploy.release import Outcome, Releaser
from coworks_compat.deploy.smoke import smoke_call
from coworks_compat.deploy.target import Target, find_target, refuse_uncovered
from coworks_compat.deploy.terraform.guards import Allowed, Scope, check
from coworks_compat.deploy.terraform.plan import Plan, redacted
from coworks_compat.deploy.terraform.runner import Failed, Terraform
from coworks_compat.deploy.terraform.words import sentences
from cwsauth.errors import DeployError

if TYPE_CHECKING:
    from collections.abc import Callable

    from coworks_compat.deploy.aws import Identity
    from coworks_compat.deploy.context import Context
    from coworks_compat.deploy.service import Service

# Stands for what only the API's creation tells, in the plan that is shown before it.
_LATER = "0000000000"


@dataclass(frozen=True, slots=True)
class Options:
    """How to deploy; each is an option of `cws deploy`."""

    rest_api_id: str | None = None
    backend: str | None = None
    bucket: str | None = None
    pyc: bool | None = None
    dry_run: bool = False
    allowed: Allowed = field(default_factory=Allowed)
    lock_timeout: int = 0
    wheels: Path | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a deployment would do. `steps` are sentences; `api` and `stage` terraform's plans without secrets."""

    stage: str
    steps: tuple[str, ...]
    package: str
    code_changes: bool
    api: dict[str, Any] = field(default_factory=dict)
    of_stage: dict[str, Any] = field(default_factory=dict)

    @property
    def nothing(self) -> bool:
        """Whether everything is as it should be."""
        return not self.steps and not self.code_changes


@dataclass(frozen=True, slots=True)
class Result:
    """What was deployed; `deployed` is None after a dry run or a refusal."""

    preview: Preview
    deployed: Deployed | None
    outcome: Outcome | None = None


@dataclass(slots=True)
class Deployment:
    """One run of `cws deploy`."""

    context: Context
    service: Service
    options: Options
    identity: Identity = field(init=False)
    target: Target = field(init=False)
    roots: Roots = field(init=False)
    backend: Backend = field(init=False)
    variables: Environment = field(init=False, repr=False)
    package: Package = field(init=False)
    source: dict[str, str] | None = field(init=False, default=None)
    before: Deployed | None = field(init=False)
    _work: Path = field(init=False)

    def run(self, ask: Callable[[Preview], bool]) -> Result:
        """Plan, show, ask, apply, release.

        Raises:
            ConfigError: the configuration does not fit the account or the API.
            DeployError: a plan that must not be carried out, or a step that failed; what is done is kept.
        """
        with tempfile.TemporaryDirectory(prefix="cws-plan-") as directory:
            self._work = Path(directory)
            return self._run(ask)

    def _run(self, ask: Callable[[Preview], bool]) -> Result:
        self._prepare()
        say = self.context.say
        api_plan = Plan(())
        api_shown: dict[str, Any] = {}
        if self.target.owns:
            say("planning the API")
            api_plan, api_shown = self._plan_api()
        place = self._place(after=False)
        say("planning the stage")
        stage_plan, stage_shown = self._plan_stage(place)
        preview = self._preview(api_plan, api_shown, stage_plan, stage_shown)
        if self.options.dry_run or (not preview.nothing and not ask(preview)):
            return Result(preview, None)
        if api_plan:
            self._terraform(self.roots.api).apply(self._work / "api.tfplan", say)
            place = self._place(after=True)
        shown = self._shown_fingerprint(place)
        # What the API is now, and the routes that the stage shows held back until the code is there.
        held = replace(place, fingerprint=shown or place.fingerprint)
        if api_plan or shown is not None:
            stage_plan, _ = self._plan_stage(held)
        self._apply_stage(stage_plan, held)
        outputs = self._terraform(self.roots.of_stage).output()
        outcome = self._release(outputs)
        if shown is not None:
            stage_plan, _ = self._plan_stage(place)
            self._apply_stage(stage_plan, place)
        return Result(preview, self._record(outputs, place, outcome), outcome)

    # before anything is asked

    def _prepare(self) -> None:
        context, stage = self.context, self.context.stage
        context.say("building the package")
        self.package = build(context.project, stage, pyc=self.options.pyc, wheels=self.options.wheels)
        self.package.size.check(bucket=self.options.bucket is not None)
        self.identity = context.aws.identity()
        self.before = records.read(context.project, stage.name)
        self._same_account()
        self.target = find_target(context.project, stage.name, self.options.rest_api_id or stage.rest_api_id)
        self.roots = Roots(context.project, stage.name)
        text = self.options.backend or (self.before.backend if self.before else None) or stage.backend
        self.backend = Backend.parse(text, app=stage.app_name, region=self.identity.region)
        self.variables = environment(self.service, stage, context.resolver)
        if self.options.bucket is not None:
            self.source = send_to_bucket(context, self.package, self.options.bucket, dry_run=self.options.dry_run)

    def _same_account(self) -> None:
        if self.before is None:
            name = self.context.stage.name
            if records.rest_api_of(self.context.project, name) is not None:
                raise DeployError(
                    f"stage {name!r} was deployed by Chalice's own deployer",
                    help=f"go on with --engine chalice, or take it away first: chalice delete --stage {name}",
                )
            return
        was, now = (self.before.account, self.before.region), (self.identity.account, self.identity.region)
        if was != now:
            raise DeployError(
                f"stage {self.before.stage!r} is in account {was[0]}, {was[1]}, and these credentials are for {now[0]}, {now[1]}",
                help="choose the other ones with --profile and --region; .chalice/deployed has one file a stage",
            )

    def _plan_api(self) -> tuple[Plan, dict[str, Any]]:
        stage = self.context.stage
        policy = stage.api_policy_file
        content = api_root(
            self.service,
            stage,
            policy=read_policy(self.context.project / ".chalice" / policy) if policy else None,
        )
        write_api(self.roots, content, self.backend, region=self.identity.region, eject=stage.eject)
        self._ready(self.roots.api)
        plan, shown = self._plan(self.roots.api, "api.tfplan")
        if self.target.rest_api_id is None:
            # The state knows an API that no record names: one of a run that was cut off, or of another machine.
            known = self._terraform(self.roots.api).output().get("rest_api_id")
            self.target = replace(self.target, rest_api_id=known)
        check(plan, self._scope(self.target.rest_api_id), self.options.allowed)
        return plan, shown

    def _plan_stage(self, place: ApiPlace) -> tuple[Plan, dict[str, Any]]:
        stage = self.context.stage
        values = stage_values(
            self.service, stage, place, self.package, self.variables, self.identity,
            project=self.context.project, source=self.source,
        )  # fmt: skip
        write_stage(self.roots, values, self.backend, region=self.identity.region, eject=stage.eject)
        self._ready(self.roots.of_stage)
        plan, shown = self._plan(self.roots.of_stage, "stage.tfplan")
        check(plan, self._scope(place.rest_api_id), self.options.allowed)
        return plan, shown

    def _ready(self, root: Path) -> None:
        """The provider and the state are there: the state comes along where `--backend` names another place."""
        moved = self.before is not None and self.before.backend != self.backend.text and not self.context.stage.eject
        if moved and self.options.dry_run:
            raise DeployError(
                f"the state of stage {self.context.stage.name!r} is in another place, and --dry-run moves nothing",
                help="leave --backend out to see what would change, or leave --dry-run out to move it",
            )
        terraform = self._terraform(root)
        terraform.init(migrate=moved)
        refuse_lost_state(terraform, self.before)

    def _plan(self, root: Path, name: str) -> tuple[Plan, dict[str, Any]]:
        terraform = self._terraform(root)
        path = self._work / name
        if not terraform.plan(path):
            return Plan(()), {}
        shown = terraform.show(path)
        return Plan.of(shown), redacted(shown)

    def _scope(self, rest_api_id: str | None) -> Scope:
        stage = self.context.stage
        guests = guests_of(self.context, self.target.rest_api_id) if self.target.owns else ()
        return Scope(rest_api_id, stage.api_gateway_stage, stage.function_name, guests)

    def _preview(
        self, api_plan: Plan, api_shown: dict[str, Any], stage_plan: Plan, stage_shown: dict[str, Any]
    ) -> Preview:
        routes = {
            method_name(verb, route.template): f"{verb} {route.template}"
            for route in self.service.routes
            for verb in (route.method, "OPTIONS", "ANY")
        }
        steps = (*sentences(api_plan, routes), *sentences(stage_plan, routes))
        known = self.before.current if self.before else None
        return Preview(
            stage=self.context.stage.name,
            steps=steps,
            package=self.package.size.report(),
            code_changes=known is None or known.sha256 != self.package.sha256,
            api=api_shown,
            of_stage=stage_shown,
        )

    # the API as the stage sees it

    def _place(self, *, after: bool) -> ApiPlace:
        if not self.target.owns:
            return self._guest_place()
        outputs = self._terraform(self.roots.api).output()
        names = [authorizer.name for authorizer in self.service.authorizers]
        if "rest_api_id" not in outputs:
            if after:
                raise DeployError("terraform gave no REST API", help="look at terraform's state of the API root")
            outputs = {"rest_api_id": _LATER, "execution_arn": "", "authorizer_ids": {}}
        ids = outputs.get("authorizer_ids") or {}
        return ApiPlace(
            rest_api_id=str(outputs["rest_api_id"]),
            execution_arn=str(outputs["execution_arn"]) or self._execution_arn(_LATER),
            authorizer_ids={name: str(ids.get(name, _LATER)) for name in names},
            fingerprint=api_fingerprint(self.roots.api),
        )

    def _guest_place(self) -> ApiPlace:
        assert self.target.rest_api_id is not None
        api = read_api(self.context.aws, self.target.rest_api_id)
        refuse_uncovered(self.service, api, self.target, missing_routes(self.service, api))
        owner = records.read(self.context.project, self.target.owner)
        taken = {stage.name: stage.function for stage in read_stages(self.context.aws, api.rest_api_id)}
        stage = self.context.stage
        if taken.get(stage.api_gateway_stage, stage.function_name) != stage.function_name:
            raise DeployError(
                f"the API has a stage {stage.api_gateway_stage!r} already, which is not this one's",
                help="give this stage another 'api_gateway_stage'",
            )
        return ApiPlace(
            rest_api_id=api.rest_api_id,
            execution_arn=self._execution_arn(api.rest_api_id),
            authorizer_ids={a.name: api.authorizers[a.name] for a in self.service.authorizers},
            # What the owner applied last, where its record is here; else what is seen at AWS.
            fingerprint=owner.api_fingerprint if owner and owner.rest_api_id == api.rest_api_id else api.fingerprint,
        )

    def _execution_arn(self, rest_api_id: str) -> str:
        who = self.identity
        return f"arn:{who.partition}:execute-api:{who.region}:{who.account}:{rest_api_id}"

    def _shown_fingerprint(self, place: ApiPlace) -> str | None:
        """What the stage shows at present, where that is not what it shall show."""
        shown = self.before.api_fingerprint if self.before else ""
        return shown if shown and shown != place.fingerprint else None

    # doing it

    def _apply_stage(self, plan: Plan, place: ApiPlace) -> None:
        """Carries the plan out; permissions that AWS has and terraform does not know are taken in, and the rest is done."""
        permissions = Permissions(self.context.aws.client("lambda"), self.context.stage.function_name)
        if self._take_in(permissions.unknown(plan)):
            plan, _ = self._plan_stage(place)
        try:
            self._apply(plan)
        except Failed as failed:
            if not self._take_in(permissions.in_the_way(plan, failed)):
                raise
            plan, _ = self._plan_stage(place)
            self._apply(plan)

    def _apply(self, plan: Plan) -> None:
        if plan:
            self._terraform(self.roots.of_stage).apply(self._work / "stage.tfplan", self.context.say)

    def _take_in(self, found: tuple[Found, ...]) -> bool:
        for permission in found:
            self.context.say(f"AWS has permission '{permission.statement}' already, as it shall be: taking it in")
            self._terraform(self.roots.of_stage).adopt(permission.address, permission.identity)
        return bool(found)

    def _release(self, outputs: dict[str, Any]) -> Outcome:
        stage = self.context.stage
        smoke = smoke_call(self._url(outputs), stage.smoke, self.context.environ()) if stage.smoke else None
        releaser = releaser_of(self.context, str(outputs["function_name"]), str(outputs["rest_api_id"]))
        outcome = releaser.release(
            self.package, smoke=smoke, description=described("deploy", self.context.project), source=self.source
        )
        if self.before is None and not outcome.changed:
            # terraform brought the first code, and nobody has tried it yet.
            releaser.try_first(outcome.version, smoke)
        return outcome

    def _url(self, outputs: dict[str, Any]) -> str:
        return stage_url(str(outputs["rest_api_id"]), str(outputs["stage_name"]), str(outputs["url"]))

    def _record(self, outputs: dict[str, Any], place: ApiPlace, outcome: Outcome) -> Deployed:
        stage = self.context.stage
        releases = self.before.releases if self.before else ()
        if outcome.changed or not releases:
            releases = (*releases, Release(outcome.version, outcome.sha256, now(), "deploy"))
        layer = self.package.layer.sha256 if self.package.layer else ""
        made = Deployed(
            stage=stage.name,
            api_stage=stage.api_gateway_stage,
            rest_api_id=place.rest_api_id,
            url=self._url(outputs),
            owner=self.target.owner,
            function_name=str(outputs["function_name"]),
            function_arn=str(outputs["function_arn"]),
            account=self.identity.account,
            region=self.identity.region,
            api_fingerprint=place.fingerprint,
            backend=self.backend.text,
            facts=facts(self.service, stage, requirements=layer),
            releases=releases[-20:],
        )
        records.write(self.context.project, made)
        return made

    def _terraform(self, root: Path) -> Terraform:
        return terraform_in(root, self.context, self.variables, lock_timeout=self.options.lock_timeout)


def stage_url(rest_api_id: str, api_stage: str, said: str) -> str:
    """The URL of a stage, with a slash at its end: what AWS says, or what `CWS_STAGE_URL` says for an emulator.

    `CWS_STAGE_URL` has `{api}` and `{stage}` where their names belong.
    """
    template = os.environ.get("CWS_STAGE_URL")
    url = template.replace("{api}", rest_api_id).replace("{stage}", api_stage) if template else said
    return url.rstrip("/") + "/"


def terraform_in(
    root: Path, context: Context, variables: Environment | None = None, *, lock_timeout: int = 0
) -> Terraform:
    """terraform for a root, in the context's account; no secret of `variables` comes out of it."""
    hidden = tuple(secret.reveal() for secret in variables.hidden.values()) if variables else ()
    environ = {**context.aws.environ(), **(variables.terraform_variable() if variables else {})}
    return Terraform(root, environ, hidden, lock_timeout=lock_timeout)


def refuse_lost_state(terraform: Terraform, known: Deployed | None) -> None:
    """Refuses to go on without the state of a stage that is deployed: everything would be made a second time.

    Raises:
        DeployError: the state is elsewhere, or lost.
    """
    if known is not None and not terraform.has_state():
        where = "here" if known.backend == "local" else f"at {known.backend.partition('?')[0]}"
        raise DeployError(
            f"stage {known.stage!r} is deployed, and terraform has no state of it {where}",
            help="run this where it was deployed from, which can move the state with --backend s3://…; "
            f"if it is lost, take the stage away by hand and delete .chalice/deployed/{known.stage}.json",
        )


def guests_of(context: Context, rest_api_id: str | None) -> tuple[str, ...]:
    """The other stages on an API, by what AWS says; empty where there is no API yet."""
    if rest_api_id is None:
        return ()
    own = context.stage.api_gateway_stage
    return tuple(stage.name for stage in read_stages(context.aws, rest_api_id) if stage.name != own)


def releaser_of(context: Context, function: str, rest_api_id: str) -> Releaser:
    """What releases to the stage's function, and empties the stage's cache of authorizer answers afterwards."""
    client = context.aws.client("apigateway")
    stage = context.stage.api_gateway_stage

    def flush() -> None:
        # The cached answers are the old code's: what it no longer grants must not live on for the ttl.
        if any(found.name == stage for found in read_stages(context.aws, rest_api_id)):
            with aws_errors(f"empty the cache of authorizer answers of stage {stage!r}"):
                client.flush_stage_authorizers_cache(restApiId=rest_api_id, stageName=stage)

    return Releaser(context.aws.client("lambda"), function, ALIAS, say=context.say, flush=flush)


def send_to_bucket(context: Context, package: Package, bucket: str, *, dry_run: bool) -> dict[str, str]:
    """Puts a package into a bucket, under its hash, and says where."""
    key = f"cws/{context.stage.function_name}/{package.sha256.translate(str.maketrans('/+=', '_-.'))}.zip"
    if not dry_run:
        context.say(f"sending the package to {bucket}")
        with aws_errors(f"send the package to the bucket {bucket!r}"):
            context.aws.client("s3").put_object(Bucket=bucket, Key=key, Body=package.path.read_bytes())
    return {"S3Bucket": bucket, "S3Key": key}


def now() -> str:
    """The present time in UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def described(by: str, project: Path) -> str:
    """What a version says of itself: which command made it, out of which commit."""
    commit = commit_of(project)
    return f"cws {by}" + (f" {commit}" if commit else "")
