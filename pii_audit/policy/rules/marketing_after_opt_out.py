"""Who opted out gets no more marketing."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir

from pii_audit.documents.fields import TEXTS
from pii_audit.model.violation import Severity
from pii_audit.policy.interface import ROWS, Reads, Rule, World, param, place


@dataclass(frozen=True)
class MarketingAfterOptOut(Rule):
    """Asks whether marketing messages went to persons on a day after they withdrew their consent to marketing.

    What is marketing, the words of the message say (rules/lexicon.yml). A consent given later counts again. Where
    register and log both name the channel, the opt-out holds for that channel.

    Why: marketing is not sent again by the same channel once the person opted out.
    Example: withdrawn on 1 March; a message of 2 March breaks the rule, one of 1 March does not.
    Remedy: match recipients with the opt-outs right before sending.
    """

    id = "marketing-after-opt-out"
    title = "Marketing after the person opted out"
    title_zh = "拒绝后仍发送营销信息"
    remedy_zh = "发送前与退订名单实时比对。"
    example_zh = "3月1日撤回：3月2日发送的消息违规，3月1日的不违规。"
    severity = Severity.MEDIUM
    law = ("CON-11",)
    reads = (
        Reads(ROWS, ("message_log",), needs=("event_time", "borrower", "text"), uses=("channel", "direction")),
        Reads(ROWS, ("consents",), needs=("borrower", "purpose", "withdrawn_on"), uses=("channel", "given_on")),
    )

    purposes: tuple[str, ...] = param(TEXTS, ("marketing", "营销", "营销推广"), "how the register calls marketing", "登记中营销目的的写法")

    def query(self, world: World, *tables: ir.Table) -> ir.Table:
        log, consents = tables
        sent = log.filter(log.text_marketing & (log.direction.fill_null("out") != "in")).mutate(day=log.event_time.date())
        mine = consents.filter(consents.purpose.isin([world.key(purpose) for purpose in self.purposes]))
        ended = mine.filter(mine.withdrawn_on.notnull())
        again = mine.view()
        stopped = sent.inner_join(
            ended.select("borrower", "channel", "withdrawn_on"),
            [sent.borrower == ended.borrower, sent.day > ended.withdrawn_on, (sent.channel == ended.channel).fill_null(True)],
        ).select(*(sent[name] for name in sent.columns), "withdrawn_on")
        still = stopped.anti_join(
            again,
            [
                stopped.borrower == again.borrower,
                again.given_on >= stopped.withdrawn_on,
                again.given_on <= stopped.day,
                again.withdrawn_on.isnull() | (again.withdrawn_on >= stopped.day),
                (stopped.channel == again.channel).fill_null(True),
            ],
        )
        return place(sent.semi_join(still, ["dataset", "source", "row"]))
