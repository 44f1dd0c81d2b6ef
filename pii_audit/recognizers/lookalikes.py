"""Words that say a number is somebody's business, but nobody's personal data.

They never hide a value that proves itself; they only keep a *weak* value (a bare run of digits) from borrowing the
label of a neighbour: in «验证码已发送,订单号 12345678» the number belongs to the order, not to the one-time code.
"""

from __future__ import annotations

LOOKALIKE_WORDS = (
    "订单", "订单号", "订单编号", "单号", "流水", "流水号", "交易号", "交易流水", "运单", "运单号", "快递单号", "工单", "工单号", "批次",
    "批次号", "序号", "编码", "产品编码", "商户号", "金额", "余额", "本金", "利息", "时间", "时间戳", "耗时", "端口", "期数", "逾期",
    "order", "orderid", "orderno", "trace", "traceid", "spanid", "requestid", "reqid", "txn", "txnid", "seq", "serial", "batch",
    "batchno", "amount", "balance", "timestamp", "elapsed", "port", "line", "size", "bytes", "count", "total", "status", "errno",
    "errorcode", "pid", "tid", "thread", "merchantid", "sku", "invoice", "ticket", "year", "page", "code", "http",
)  # fmt: skip

VERSION_WORDS = (
    "version", "ver", "build", "release", "firmware", "sdk", "chrome", "safari", "firefox", "mozilla", "applewebkit", "edg",
    "edge", "opera", "opr", "okhttp", "micromessenger", "mqqbrowser", "ucbrowser", "browser", "webview", "nginx", "openssl", "jdk", "java",
    "android", "ios", "chromium", "headlesschrome", "版本", "版本号", "固件", "补丁",
)  # fmt: skip

#: headers of columns that hold versions, not addresses
VERSION_HEADERS = ("version", "ver", "appversion", "appver", "osversion", "sdkversion", "bbh", "版本", "版本号")
