"""What IAM makes of a policy document for `execute-api`: the product's own reader of what it writes.

A third reading, beside the matcher and the writer of documents, that shares no code with either: nothing in
this package imports anything of `cwsauth` but its errors. It does no I/O and reads no clock; the time, the
source address and whatever else a condition asks for come in as `context`. What it does not know is a
`DocumentError`, never a guess.
"""

from __future__ import annotations

from cwsauth.policy.evaluate.evaluator import Evaluator as Evaluator
from cwsauth.policy.evaluate.evaluator import check_document as check_document
from cwsauth.policy.evaluate.evaluator import evaluate as evaluate
from cwsauth.policy.evaluate.evaluator import judge as judge
from cwsauth.policy.evaluate.verdict import Judgement as Judgement
from cwsauth.policy.evaluate.verdict import Verdict as Verdict
