"""The claims, numbered by their place, and what each rests on."""

from collections.abc import Callable
from dataclasses import dataclass

from registry.verification import judgements, proofs
from registry.verification.case import Case


@dataclass(frozen=True)
class Step:
    """A claim in two languages and how it is checked.

    `after` are the steps it rests on; `needed` ones must be established for exit code 0; what `ages`
    is said as of the certificate's block.
    """

    check: Callable[[Case], str]
    en: str
    zh: str
    after: tuple[str, ...] = ()
    needed: bool = True
    ages: bool = False

    @property
    def name(self) -> str:
        return self.check.__name__


STEPS = (
    Step(
        proofs.shape,
        "The bundle is well-formed.",
        "核验包格式完整。",
    ),
    Step(
        proofs.headers,
        "Each block's header hashes to the block's hash.",
        "各区块头的哈希与区块哈希一致。",
        after=("shape",),
    ),
    Step(
        proofs.checkpoints,
        "The checkpoint key named signed each block, or one that descends from it.",
        "核验包所列检查点密钥签署了各区块或其后代区块。",
        after=("headers",),
    ),
    Step(
        proofs.facts,
        "The ledger's facts on this registration stand in these blocks, said by the contracts named.",
        "关于本登记的链上事实确由所列合约记录于上述区块。",
        after=("headers",),
        ages=True,
    ),
    Step(
        proofs.identity,
        "The registration's id is the hash of the File message.",
        "登记编号即申请消息的哈希。",
        after=("facts",),
    ),
    Step(
        proofs.applicants,
        "Each applicant signed the File message.",
        "每位申请人均签署了申请消息。",
        after=("identity",),
        needed=False,
    ),
    Step(
        proofs.opening,
        "Salt, fingerprint, form and parties open the commitment that stands on the ledger.",
        "盐值、指纹、登记表与申请人可打开链上承诺。",
        after=("identity",),
        needed=False,
    ),
    Step(
        proofs.acts,
        "Each later act was signed by the key that the ledger names for it.",
        "后续各行为均由链上所载密钥签署。",
        after=("facts",),
        needed=False,
    ),
    Step(
        proofs.history,
        "Every step up to attestation is proven, with no objection open or upheld.",
        "自申请至存证的每一步均有证明，无未决或成立的异议。",
        after=("facts",),
        ages=True,
    ),
    Step(
        judgements.certificate,
        "The certificate says what the ledger says.",
        "凭证内容与账本一致。",
        after=("history",),
        ages=True,
    ),
    Step(
        judgements.names,
        "The certificate names data, holders and limits as the disclosed form does.",
        "凭证所载数据名称、权利人与权利限制同已披露的登记表一致。",
        after=("opening",),
        needed=False,
    ),
    Step(
        judgements.chain,
        "The chain and the contracts are those of the trust file.",
        "链与合约同信任文件所列一致。",
        after=("shape",),
    ),
    Step(
        judgements.checkpoint_keys,
        "The keys that signed the checkpoints are checkpoint keys of the trust file.",
        "检查点密钥列于信任文件。",
        after=(
            "checkpoints",
            "chain",
        ),
    ),
    Step(
        judgements.officers,
        "The officers who acted are the registrar's, by the trust file, each in its role.",
        "经办人员均为信任文件所列登记机构人员且具有相应职责。",
        after=(
            "facts",
            "chain",
        ),
    ),
    Step(
        judgements.clocks,
        "Code, notice, validity and silence kept what the profile of the trust file demands.",
        "凭证编码、公示期、有效期与视为受理的时限符合信任文件所列规则。",
        after=(
            "history",
            "checkpoint_keys",
        ),
    ),
    Step(
        judgements.standing,
        "The rights still stand today.",
        "权利至今有效。",
        after=("certificate",),
        needed=False,
        ages=True,
    ),
    Step(
        judgements.law,
        "The registration is complete in law.",
        "已完成法定登记。",
        after=("facts",),
        needed=False,
    ),
    Step(
        judgements.data,
        "The local file is the data that was registered.",
        "本地文件即所登记的数据。",
        after=("opening",),
    ),
)
