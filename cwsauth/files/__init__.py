"""Policies as data: roles, rules and decision tables in a YAML or JSON file.

Needs pydantic and PyYAML (`cwsauth[policy-files]`); nothing an authorizer imports comes here by itself.
"""

from __future__ import annotations

from cwsauth.files.decisions import Outcome as Outcome
from cwsauth.files.decisions import check_cases as check_cases
from cwsauth.files.load import PolicySet as PolicySet
from cwsauth.files.load import load as load
from cwsauth.files.load import load_cases as load_cases
from cwsauth.files.load import parse as parse
from cwsauth.files.models import Case as Case
from cwsauth.files.models import PolicyFile as PolicyFile
from cwsauth.files.models import schema as schema
