"""The people of the sample: borrowers, those in their phone books, and the lender's staff. All of them invented."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from random import Random

from planting import Value, plant, starred

from pii_audit.entities import (
    cn_address,
    cn_bank_card,
    cn_landline_phone,
    cn_mobile_phone,
    cn_passport,
    cn_qq,
    cn_resident_id,
    cn_wechat_id,
    email_address,
    entity_type,
    location,
    organization,
    person,
)
from pii_audit.entities.masking import mask_value
from pii_audit.validators import GB11643

#: every age and period in the sample is meant as of this day
AS_OF = dt.date(2026, 6, 30)
RELATIONS = ("父亲", "母亲", "配偶", "朋友", "同事", "兄弟姐妹")
#: how people call others in their phones; no full names
NICKNAMES = ("妈妈", "爸爸", "老婆", "老公", "房东", "老王", "小区物业", "快递小哥", "大姨", "驾校教练", "阿强修车", "二舅")
#: numbers in every phone that are nobody's
SERVICES = ("10086", "95588", "95519", "12378", "400-820-8820", "10010")


@dataclass(frozen=True)
class Borrower:
    """One borrower with everything a lender knows of him."""

    number: str
    name: str
    id_no: str
    passport: str | None
    mobile: str
    card: str
    address: str
    employer: str
    work_phone: str
    email: str
    accounts: tuple[str, str]
    home: str
    relation: str
    contact_name: str
    contact_mobile: str

    @cached_property
    def born(self) -> dt.date:
        """The date of birth as the identity number says it."""
        return dt.datetime.strptime(self.id_no[6:14], "%Y%m%d").date()

    @property
    def v_name(self) -> Value:
        """The name; recognised in columns that say so."""
        return plant("PERSON", self.name)

    @property
    def v_id(self) -> Value:
        """The identity number."""
        return plant("CN_RESIDENT_ID", self.id_no)

    @property
    def v_mobile(self) -> Value:
        """The mobile number as eleven digits."""
        return mobile(self.mobile)

    @property
    def v_card(self) -> Value:
        """The card number without separators."""
        return plant("CN_BANK_CARD", self.card)

    @property
    def v_wechat(self) -> Value:
        """The name of the WeChat account."""
        return plant("CN_WECHAT_ID", self.accounts[0])

    @property
    def v_qq(self) -> Value:
        """The QQ number."""
        return plant("CN_QQ", self.accounts[1])

    @property
    def v_address(self) -> Value:
        """The home address."""
        return plant("CN_ADDRESS", self.address)


def mobile(number: str, form: str = "{}") -> Value:
    """Return a mobile number written as ``form`` says: ``{}`` whole, ``{a}``, ``{b}``, ``{c}`` its three groups."""
    shown = form.format(number, a=number[:3], b=number[3:7], c=number[7:])
    return plant("CN_MOBILE_PHONE", shown, number)


def masked(entity: str, value: str) -> Value:
    """Return a value in the customary masked form."""
    return starred(entity, mask_value(entity_type(entity).mask, value))


def masked_card(number: str) -> Value:
    """Return a card number with six stars in the middle, however long it is, as counters and apps print it."""
    return starred("CN_BANK_CARD", f"{number[:6]}{'*' * 6}{number[-4:]}")


class Town:
    """Draws people; no two share a phone, a card or an identity number."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self._taken: set[str] = set()
        self.borrowers = [self._borrower(n) for n in range(220)]

    def fresh_mobile(self) -> str:
        """Return a mobile number that nobody has yet."""
        return self._fresh(cn_mobile_phone.sample)

    def name(self) -> str:
        """Return a name of two or three characters; namesakes happen."""
        return person.sample(self.rng)

    def legacy_id(self) -> str:
        """Return an identity number of 15 digits, as issued before 1999."""
        while (number := self._fresh(cn_resident_id.sample))[0] in "89" or number[6:8] != "19":
            pass
        return number[:6] + number[8:17]

    def _fresh(self, sample: Callable[[Random], str]) -> str:
        while True:
            value = sample(self.rng)
            if value not in self._taken:
                self._taken.add(value)
                return value

    def _borrower(self, n: int) -> Borrower:
        rng = self.rng
        id_no = self._fresh(cn_resident_id.sample)
        if n in (57, 131, 190):  # minors
            id_no = GB11643.complete(f"{id_no[:6]}{2009 + n % 3}{id_no[10:17]}")
        return Borrower(
            number=f"B{1000001 + n * 7}",
            name=self.name(),
            id_no=id_no,
            passport=cn_passport.sample(rng) if n % 40 == 11 else None,
            mobile=self.fresh_mobile(),
            card=self._fresh(cn_bank_card.sample),
            address=cn_address.sample(rng),
            employer=organization.sample(rng),
            work_phone=cn_landline_phone.sample(rng),
            email=email_address.sample(rng),
            accounts=(cn_wechat_id.sample(rng), cn_qq.sample(rng)),
            home=location.sample(rng),
            relation=rng.choice(RELATIONS),
            contact_name=self.name(),
            contact_mobile=self.fresh_mobile(),
        )
