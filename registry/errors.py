"""Every refusal the registry can utter, each with its HTTP status and stable code (RFC 9457).

Knows neither HTTP nor RPC: `status` is a number that the API repeats and the command line turns
into an exit code.
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Flaw:
    """One fault of one field.

    `pointer` is an RFC 6901 JSON pointer into the body, `rule` a stable word for the rule that was
    broken, `detail` a sentence with got and expected.
    """

    pointer: str
    rule: str
    detail: str


class RegistryError(Exception):
    """The root of the tree; raised itself only for faults of our own."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    title: ClassVar[dict[str, str]] = {"en": "Internal error", "zh": "内部错误"}

    def __init__(self, detail: str, *, flaws: tuple[Flaw, ...] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.flaws = flaws


class Malformed(RegistryError):
    """The input cannot be what it claims to be: shape, encoding, check digit, unknown field."""

    status = 422
    code = "malformed"
    title = {"en": "Malformed input", "zh": "输入格式有误"}


class TooLarge(RegistryError):
    status = 413
    code = "too_large"
    title = {"en": "Input too large", "zh": "输入过大"}


class NotAllowed(RegistryError):
    """A rule of law or of the profile forbids it; the flaws name the article."""

    status = 422
    code = "not_allowed"
    title = {"en": "Not allowed by the rules", "zh": "规则不允许"}


class BadSignature(RegistryError):
    status = 422
    code = "bad_signature"
    title = {"en": "Signature does not hold", "zh": "签名无效"}


class Forbidden(RegistryError):
    """Known, but not for this reader or this signer."""

    status = 403
    code = "forbidden"
    title = {"en": "Not for this signer", "zh": "签名人无此权限"}


class NotFound(RegistryError):
    status = 404
    code = "not_found"
    title = {"en": "Not found", "zh": "未找到"}


class Erased(NotFound):
    """It was here and was erased on request; it does not come back by asking again."""

    status = 410
    code = "erased"
    title = {"en": "Erased", "zh": "已删除"}


class Conflict(RegistryError):
    """What is asked contradicts what already stands."""

    status = 409
    code = "conflict"
    title = {"en": "Conflict with what stands", "zh": "与既有记录冲突"}


class WouldRevert(Conflict):
    """The contract refuses the act now; the signature stays executable until its deadline."""

    code = "contract_refuses"
    title = {"en": "The contract refuses this act now", "zh": "合约目前拒绝此行为"}


class Unavailable(RegistryError):
    """A part we depend on does not answer; nothing is known about the outcome."""

    status = 503
    code = "unavailable"
    title = {"en": "Temporarily unavailable", "zh": "暂不可用"}


class StorageFull(Unavailable):
    """The disk takes no more; nothing was written, and reading goes on."""

    code = "storage_full"
    title = {"en": "Storage cannot be written", "zh": "存储不可写入"}


class WrongChain(Unavailable):
    """The node behind the URL is not the chain of our deployment."""

    code = "wrong_chain"
    title = {"en": "Not our chain", "zh": "链不匹配"}


class Mismatch(RegistryError):
    """A verification or an audit found two things that must be equal and are not."""

    status = 500
    code = "mismatch"
    title = {"en": "Verification mismatch", "zh": "核验不一致"}


class WrongRules(Mismatch):
    """The chain enacted rules that are not, word for word, those of this package."""

    code = "wrong_rules"
    title = {"en": "Not our version of the rules", "zh": "规则版本不一致"}
