"""The lender's own systems: loan book, borrower master, repayments, the retired system, exports, a backup."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
from people import AS_OF, Borrower, Town, masked, masked_card, mobile
from planting import Cell, Ledger, Value, plant, starred, text_of
from writers import delimited, sqlite, workbook, zipped

from pii_audit.entities import (
    card_expiry,
    card_security_code,
    cn_address,
    cn_bank_card,
    cn_driver_file_no,
    cn_resident_id,
    cn_vehicle_plate,
    cn_vin,
)

FULL_WIDTH = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
REMARKS = ("正常", "正常", "正常", "资料齐全", "已电话回访", "提前还款一次", "展期一次", "自动扣款", "")


@dataclass(frozen=True)
class Loan:
    """One row of the loan book."""

    number: str
    borrower: Borrower
    amount: Decimal
    opened: dt.date
    closed: dt.date | None
    status: str

    @property
    def v_number(self) -> Value:
        """The loan number; under a header that says so it is personal data."""
        return plant("CN_LOAN_CONTRACT", self.number)


def loans(town: Town, count: int = 300) -> list[Loan]:
    """Return loans of twelve years: running, overdue, settled long ago, cancelled."""
    rng = town.rng
    made = []
    for n in range(count):
        opened = dt.date(2014, 1, 6) + dt.timedelta(days=n * 15 + rng.randrange(12))
        settled = opened + dt.timedelta(days=rng.choice((91, 182, 365, 730, 1096)))
        status = rng.choices(("结清", "正常", "逾期M1", "逾期M3", "注销", "核销"), (40, 18, 17, 14, 7, 4))[0]
        if settled > AS_OF:
            status = rng.choice(("正常", "正常", "逾期M1", "逾期M3"))
        closed = settled if status in ("结清", "注销", "核销") else None
        amount = Decimal(rng.randrange(10, 500) * 100)
        made.append(Loan(f"XJD{opened:%Y%m%d}{n:05d}", rng.choice(town.borrowers), amount, opened, closed, status))
    return made


def loan_book(ledger: Ledger, town: Town, book: Sequence[Loan]) -> None:
    """Write the loan book: UTF-8, pinyin headers, and two leaks among three hundred remarks."""
    rng = town.rng
    leaks: dict[int, Cell] = {
        87: ("客户换号，新号", mobile(town.fresh_mobile())),
        211: ("本人来电更正证件 ", plant("CN_RESIDENT_ID", cn_resident_id.sample(rng)), "，已复核"),
    }
    header = "loan_no khxm zjhm sjh yhkh dz amount opened_on closed_on status remark".split()
    rows: list[list[Cell]] = []
    for n, loan in enumerate(book):
        who = loan.borrower
        dates = (loan.opened.isoformat(), loan.closed.isoformat() if loan.closed else "")
        person = (who.v_name, who.v_id, who.v_mobile, who.v_card, who.v_address)
        rows.append([loan.v_number, *person, str(loan.amount), *dates, loan.status, leaks.get(n, rng.choice(REMARKS))])
    name = "core/loan_book.csv"
    ledger.write(name, delimited(header, rows).encode())
    ledger.table(name, "delimited", "utf-8", header, rows)
    for entity in ("CN_MOBILE_PHONE", "CN_RESIDENT_ID"):
        ledger.rare.append({"source": name, "column": "remark", "entity_type": entity})
    for loan in book:
        if loan.status in ("结清", "注销", "核销"):
            ledger.audit[f"loans-{'cancelled' if loan.status == '注销' else 'closed'}-with-data"].append(loan.number)
        if loan.closed and (loan.closed.year + 10, loan.closed.month, loan.closed.day) <= AS_OF.timetuple()[:3]:
            ledger.audit["loans-closed-ten-years-ago"].append(loan.number)


def borrower_master(ledger: Ledger, town: Town) -> None:
    """Write the master file as the old core system exports it: GB18030, with an emergency contact for each borrower."""
    rng = town.rng
    header = (
        "客户编号 客户姓名 证件类型 证件号码 手机号码 单位电话 家庭住址 工作单位 婚姻 学历 月收入 籍贯 微信号 QQ "
        "电子邮箱 紧急联系人姓名 紧急联系人电话 与借款人关系 建档日期"
    ).split()
    rows: list[list[Cell]] = []
    phones: list[str] = []
    for n, who in enumerate(town.borrowers):
        paper = ("护照", plant("CN_PASSPORT", who.passport)) if who.passport else ("身份证", who.v_id)
        wechat = who.v_mobile if n % 20 == 3 else who.v_wechat
        work = "" if n % 3 == 0 else "400-820-8820" if n % 29 == 4 else plant("CN_LANDLINE_PHONE", who.work_phone)
        phones.append(who.contact_mobile)
        rows.append(
            [
                *(who.number, who.v_name, *paper, mobile(who.mobile, "{a} {b} {c}" if n % 9 == 5 else "{}"), work),
                *(who.v_address, plant("ORGANIZATION", who.employer), rng.choice(("已婚", "未婚", "离异"))),
                *(rng.choice(("本科", "大专", "高中", "初中")), str(rng.randrange(30, 300) * 100)),
                *(plant("LOCATION", who.home), wechat, who.v_qq if n % 2 else ""),
                *(plant("EMAIL_ADDRESS", who.email) if n % 5 else "", plant("PERSON", who.contact_name)),
                *(mobile(who.contact_mobile), who.relation, f"{2014 + n // 19}/{n % 12 + 1}/{n % 28 + 1}"),
            ]
        )
        if (who.born.year + 18, who.born.month, who.born.day) > AS_OF.timetuple()[:3]:
            ledger.audit["minors"].append(who.number)
    name = "core/borrower_master.csv"
    ledger.write(name, delimited(header, rows).encode("gb18030"))
    source = ledger.table(name, "delimited", "gb18030", header, rows)
    source.structure("CONTACT_LIST", None, len(rows), phones)


def repayments(ledger: Ledger, town: Town, book: Sequence[Loan]) -> None:
    """Write repayments as Parquet: phones as integers, decimal amounts, real dates."""
    rng = town.rng
    header = "loan_no period payer_mobile pay_card_no amount paid_on txn_no channel".split()
    columns: dict[str, list[object]] = {column: [] for column in header}
    rows: list[list[Cell]] = []
    for n in range(600):
        loan = book[n * 7 % len(book)]
        paid = loan.opened + dt.timedelta(days=30 * (n % 12 + 1))
        card = loan.borrower.v_card if n % 4 else None
        # serial numbers of a payment channel: no card, no identity number, no phone
        serial = f"{paid:%Y%m%d}{rng.randrange(10**14):014d}"
        rows.append([loan.v_number, None, loan.borrower.v_mobile, card, None, None, None, None])
        values = (
            *(loan.number, n % 12 + 1, int(loan.borrower.mobile), card.shown if card else None),
            *(Decimal(rng.randrange(10_000, 300_000)) / 100, paid, serial, rng.choice(("代扣", "主动还款", "对公"))),
        )
        for column, value in zip(header, values, strict=True):
            columns[column].append(value)
    types = (
        *(pa.string(), pa.int16(), pa.int64(), pa.string(), pa.decimal128(12, 2), pa.date32(), pa.string()),
        pa.dictionary(pa.int8(), pa.string()),
    )
    arrays = [pa.array(columns[column], kind) for column, kind in zip(header, types, strict=True)]
    out = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(arrays, header), out, compression="snappy", store_schema=False)
    name = "core/repayments.parquet"
    ledger.write(name, out.getvalue())
    ledger.table(name, "parquet", None, header, rows)


def legacy_system(ledger: Ledger, town: Town) -> None:
    """Write the database of the system retired in 2016: identity numbers of 15 digits and in full width, CVV codes."""
    rng = town.rng
    header = "khh xm sfzh lxdh dz csrq yb bz".split()
    customers: list[list[Cell]] = []
    for n, who in enumerate(town.borrowers[:90]):
        old = town.legacy_id()
        number = plant("CN_RESIDENT_ID", old) if n % 3 == 0 else who.v_id
        if n % 5 == 1:
            number = plant("CN_RESIDENT_ID", number.shown.translate(FULL_WIDTH))
        born = f"19{old[6:12]}" if n % 3 == 0 else who.id_no[6:14]
        phone = mobile(who.mobile, ("{}", "{a}-{b}-{c}", "86{}")[n % 3])
        address = plant("CN_ADDRESS", cn_address.sample(rng))
        rest = (plant("DATE_OF_BIRTH", born), f"{rng.randrange(100, 860) * 1000 + n:06d}", rng.choice(("", "老客户", "VIP")))
        customers.append([f"K{80001 + n}", who.v_name, number, phone, address, *rest])
    cars_header = "khh cph cjh dabh kh yxq cvv2 djrq".split()
    cars: list[list[Cell]] = []
    for n in range(0, 90, 2):
        card = (
            plant("CN_BANK_CARD", cn_bank_card.sample(rng)),
            plant("CARD_EXPIRY", card_expiry.sample(rng)),
            plant("CARD_SECURITY_CODE", card_security_code.sample(rng)),
        )
        papers = (
            plant("CN_VEHICLE_PLATE", cn_vehicle_plate.sample(rng)),
            plant("CN_VIN", cn_vin.sample(rng)),
            plant("CN_DRIVER_FILE_NO", cn_driver_file_no.sample(rng)),
        )
        cars.append([f"K{80001 + n}", *papers, *(card if n % 6 == 0 else (None, None, None)), "20151130"])
    tables = {"KH_JBXX": (header, customers), "KH_CLXX": (cars_header, cars)}
    name = "core/legacy_2012.db"
    ledger.write(name, sqlite(tables))
    for table, (columns, rows) in tables.items():
        ledger.table(f"{name}!{table}", "sqlite", None, columns, rows)


def exports(ledger: Ledger, town: Town, book: Sequence[Loan]) -> None:
    """Write a properly masked export, a workbook that calls itself CSV, an empty file, and test fixtures of real people."""
    header = "序号 khxm zjhm sjh yhkh dz email 年龄段 金额档 status".split()
    rows: list[list[Cell]] = []
    for n, loan in enumerate(book[:120]):
        who = loan.borrower
        age = (AS_OF.year - who.born.year) // 10 * 10
        person: tuple[Cell, ...] = (
            *(masked("PERSON", who.name), masked("CN_RESIDENT_ID", who.id_no), masked("CN_MOBILE_PHONE", who.mobile)),
            *(masked_card(who.card), masked("CN_ADDRESS", who.address), masked("EMAIL_ADDRESS", who.email)),
        )
        rows.append([str(n + 1), *person, f"{age}-{age + 9}", "5千以下" if loan.amount < 5000 else "5千以上", loan.status])
    name = "exports/loan_book_masked.csv"
    ledger.write(name, delimited(header, rows).encode("utf-8-sig"))
    ledger.table(name, "delimited", "utf-8-bom", header, rows)

    header = "排名 借款人 手机 逾期金额".split()
    rows = [[str(n + 1), b.v_name, b.v_mobile, f"{9000 - 37 * n}.00"] for n, b in enumerate(town.borrowers[60:85])]
    name = "exports/top_overdue_q1.csv"
    ledger.write(name, workbook([("Sheet1", False, [header, *rows])]))
    ledger.table(f"{name}!Sheet1", "excel", None, header, rows)
    ledger.notes.append((name, "type-mismatch"))

    ledger.write("exports/adjustments_2026-03.csv", b"")
    ledger.source("exports/adjustments_2026-03.csv", "empty", None, 0)

    name = "dev/fixtures.json"
    people = town.borrowers[5:20]
    lines = [f'  {{"name": "{b.name}", "idNo": "{b.id_no}", "bankCardNo": "{b.card}", "phone": "{b.mobile}"}}' for b in people]
    ledger.write(name, ("[\n" + ",\n".join(lines) + "\n]\n").encode())
    header = "name idNo bankCardNo phone".split()
    ledger.table(name, "json", "utf-8", header, [[b.v_name, b.v_id, b.v_card, b.v_mobile] for b in people])


def backup(ledger: Ledger, town: Town, book: Sequence[Loan]) -> None:
    """Write a backup of 2019: an archive in an archive, with a member name in GBK."""
    rng = town.rng
    header = "借据号,户名,身份证号,手机,放款日,备注".split(",")
    rows: list[list[Cell]] = []
    for n, loan in enumerate(book[:60]):
        who = loan.borrower
        number = plant("CN_RESIDENT_ID", f"{who.id_no[:6]} {who.id_no[6:14]} {who.id_no[14:]}") if n % 6 == 0 else who.v_id
        note: Cell = ("短信已发至", masked("CN_MOBILE_PHONE", who.mobile)) if n % 15 == 2 else rng.choice(REMARKS)
        rows.append([loan.v_number, who.v_name, number, who.v_mobile, f"{loan.opened:%Y%m%d}", note])
    inner = zipped({"loans.csv": delimited(header, rows).encode("gb18030")})

    list_header = "序号 姓名 联系电话".split()
    listed: list[list[Cell]] = [[str(n), b.v_name, b.v_mobile] for n, b in enumerate(town.borrowers[30:70], 1)]
    lines = "\n".join(["\t".join(list_header), *("\t".join(map(text_of, row)) for row in listed)]) + "\n"
    members = {"old/loans_201901.zip": inner, "old/借款人名单.txt": lines.encode("gb18030")}
    name = "backup/backup_2019.zip"
    ledger.write(name, zipped(members, "gbk"))
    ledger.table(f"{name}!old/loans_201901.zip!loans.csv", "delimited", "gb18030", header, rows)
    ledger.table(f"{name}!old/借款人名单.txt", "delimited", "gb18030", list_header, listed)


def outbox(ledger: Ledger, town: Town, book: Sequence[Loan]) -> None:
    """Write what went to two collection agencies, one of them without a contract any more."""
    overdue = [loan for loan in book if loan.status.startswith("逾期")]
    header = "案件编号,姓名,身份证号,手机号,银行卡号,家庭地址,单位名称,合同编号,逾期天数,剩余本金".split(",")
    rows: list[list[Cell]] = []
    for n, loan in enumerate(overdue[:40]):
        who = loan.borrower
        owed = (str(31 + n * 3), f"{loan.amount / 2:.2f}")
        person = (who.v_name, who.v_id, who.v_mobile, who.v_card, who.v_address, plant("ORGANIZATION", who.employer))
        rows.append([f"AJ2603-{n:04d}", *person, loan.v_number, *owed])
    name = "outbox/AG01_20260305/cases.csv"
    ledger.write(name, delimited(header, rows).encode())
    ledger.table(name, "delimited", "utf-8", header, rows)

    header = "case_no cust_name mobile id_card days_overdue balance".split()
    piped: list[list[Cell]] = []
    for n, loan in enumerate(overdue[40:65]):
        who = loan.borrower
        shown = starred("CN_RESIDENT_ID", f"{who.id_no[:3]}{'*' * 11}{who.id_no[14:]}")
        piped.append([f"AJ2603-{n + 40:04d}", who.v_name, who.v_mobile, shown, str(95 + n), f"{loan.amount:.2f}"])
    name = "outbox/AG03_20260318/detail.tsv"
    ledger.write(name, delimited(header, piped, "|").encode())
    ledger.table(name, "delimited", "utf-8", header, piped)


def everything(ledger: Ledger, town: Town) -> list[Loan]:
    """Write all files of this module; return the loans."""
    book = loans(town)
    loan_book(ledger, town, book)
    borrower_master(ledger, town)
    repayments(ledger, town, book)
    legacy_system(ledger, town)
    exports(ledger, town, book)
    backup(ledger, town, book)
    outbox(ledger, town, book)
    return book
