"""What policies mean, compared: exact, over every call that could be made, each finding with a shortest request."""

from __future__ import annotations

from cwsauth.policy.analyse.difference import Change as Change
from cwsauth.policy.analyse.difference import Difference as Difference
from cwsauth.policy.analyse.difference import diff as diff
from cwsauth.policy.analyse.difference import equal as equal
from cwsauth.policy.analyse.difference import overlap as overlap
from cwsauth.policy.analyse.difference import subset as subset
from cwsauth.policy.analyse.findings import Finding as Finding
from cwsauth.policy.analyse.findings import lint as lint
from cwsauth.policy.analyse.matrix import Access as Access
from cwsauth.policy.analyse.matrix import Matrix as Matrix
from cwsauth.policy.analyse.matrix import matrix as matrix
from cwsauth.policy.analyse.universe import TooComplex as TooComplex
