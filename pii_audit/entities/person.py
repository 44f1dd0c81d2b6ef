"""Name of a person (姓名).

Issuer: parents, entered in the household register.
Structure: surname (a few hundred in use; some of two characters) and given name of one or two characters; names of
minorities in transcription carry a middle dot (``·``).
Look-alikes: every word of two to four characters that starts with a character which is also a surname (任何, 高峰期,
黄金, 马上消费), places, products; so one value proves little, and a column is judged by all its values and its header.
Limits: names in columns only, free text is not searched; Latin names and rare surnames are not recognised; a few real
names equal ordinary words (平安, 高峰) and do not count as names by themselves.
Sources: surnames by frequency as published by the Ministry of Public Security (2020 national name report, order from
memory); JR/T 0171-2020 (class C2); regulations.md section 12.
"""

from __future__ import annotations

import re
from random import Random

from pii_audit.model.entity import Category, Classed, EntityType, Mask, Role, Sensitivity

_SINGLE = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔"
    "谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤康易乔赖文牛樊洪翟"
    "安颜倪温芦季俞章鲁葛伍申尤毕聂丛焦柳邢路岳齐梅庄辛管祝左涂谷祁时舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫"
    "查屈鲍位霍翁隋植甘景薄单包司柏宁柯阮桂闵解强柴华车冉房边辜吉饶刁瞿戚丘古米池滕晋苑邬臧畅宫苟全褚廉简娄盖符奚木"
    "穆党燕郎邸冀谈姬屠连郜晏栾郁商蒙计喻揭窦迟宇敖糜鄢冷卓花仇艾蓝巩稽练仲乐虞卞封竺冼原官衣楚佟栗匡宗应台巫鞠僧桑"
    "荆谌银扬明沙伏岑习胥和蔺施殷兰庞缪傅闻麦邰宣展诸仝浦容尚利巴雍厉凤骆尧寇占战储裘狄桓叔束况丰湛阚区阎佘卿井麻慕"
    "翦农亓奉湾茹智肆尉隆苍帅笪逯盘师殴凡禹邝鹿萨那贡劳暴郇谯钮虎钦初斯权戈皮敬昝隗訾闪操门冶来励阴茅郏阙巢滑嵇侍哈"
)
_COMPOUND = (
    "欧阳", "上官", "司马", "诸葛", "司徒", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "长孙", "宇文",
    "夏侯", "轩辕", "独孤", "南宫", "西门", "端木", "百里", "东郭", "呼延", "赫连", "澹台", "公冶", "宗政",
    "濮阳", "淳于", "单于", "太叔", "申屠", "仲孙", "钟离", "闾丘", "鲜于", "司空", "亓官", "司寇", "颛孙",
    "巫马", "公西", "漆雕", "乐正", "公良", "拓跋", "谷梁", "左丘", "梁丘", "东门", "微生", "羊舌", "闻人",
    "公羊", "贺兰", "完颜", "纳兰", "万俟", "第五", "夹谷", "宰父", "壤驷", "子车",
)

#: surnames, the common ones first, those of two characters last
SURNAMES: tuple[str, ...] = (*_SINGLE, *_COMPOUND)

#: places that start with a surname
_PLACES = frozenset(
    """
    万宁 万州 万盛 丰台 丰都 乐山 乐平 乐清 任丘 余姚 余杭 侯马 兰州 兰溪 兰考 关岭 农安 凌海 凤凰 凤阳 利川 包头 华东
    华中 华北 华南 华阴 卓资 古田 台北 台山 台州 台湾 叶县 吉安 吉林 吉首 吕梁 周口 周村 和县 和田 哈密 哈尔滨 唐县
    唐山 商丘 商洛 夏邑 奉化 奉贤 娄底 孟州 孟津 宁乡 宁国 宁夏 宁德 宁波 宁海 安吉 安庆 安康 安徽 安溪 安达 安阳 安顺
    宣化 宣城 容县 岳阳 巫山 巴中 巴南 常州 常德 常熟 庄河 康定 张北 张家口 张家港 张家界 张掖 徐州 徐汇 成都 扬中
    扬州 文山 文昌 文登 方山 施秉 明光 易县 晋中 晋城 晋江 景宁 景德镇 曲阜 曲靖 曾都 杨凌 杨浦 柳州 梅州 楚雄 武侯
    武夷山 武威 武安 武昌 武汉 武清 武进 武陵 武隆 毛里求斯 江北 江南 江宁 江汉 江油 江津 江苏 江西 江门 江阴 池州
    汪清 沈河 沈阳 沙县 洪山 洪湖 浦东 浦口 浦江 温岭 温州 温江 湛江 滕州 焦作 燕郊 甘孜 甘肃 白云 白城 白山 白银 盘锦
    石嘴山 石家庄 石景山 石河子 石狮 祁连 祁门 禹州 秦淮 秦皇岛 章丘 罗定 罗湖 胡同 舒城 苍南 苍山 苏州 荆州 荆门
    萨尔图 蒙古 蒙阴 蓝田 蔡甸 虞城 袁州 许昌 诸城 诸暨 贺州 赵县 连云港 连州 邓州 邢台 邵东 邵武 邵阳 邹城 邹平 郑州
    金华 金山 钟祥 钦州 银川 阳江 阳泉 陆丰 隆回 隆昌 雷州 韩国 项城 饶平 马来西亚 马鞍山 高密 高淳 高邮 高雄 魏都
    鲁山 鹿邑 麻城 黄冈 黄埔 黄山 黄浦 黄石 黎平 齐齐哈尔 龙华 龙口 龙岗 龙岩 龙江 龙泉 龙湖
    """.split()
)

#: ordinary words that start with a surname
_WORDS = frozenset(
    """
    万一 万元 万科 万能 万达 严格 严禁 严重 丰富 丰收 乐信 乐器 乐园 乐观 乐购 习惯 习题 于是 仇恨 付息 付款 付清 付账
    付费 仲裁 任何 任务 任意 任期 任职 位置 何处 何必 何时 何种 余数 余款 余额 储值 储备 储存 储户 储蓄 党员 党委
    全体 全国 全年 全新 全称 全职 全选 全部 全额 关于 关停 关口 关注 关税 关系 关联 关键 关闭 农业 农商 农户 农机
    农村 农民 农行 农贸 农资 冶金 冷冻 冷水 冷链 冷静 凌晨 初中 初始 初婚 初审 初级 利息 利润 利率 利益 励志 劳保
    劳务 劳动 包商 包括 包装 包邮 华为 华侨 华夏 卓越 单价 单位 单元 单号 单据 单次 单独 单笔 单身 卫浴 卫生 厉害
    原件 原价 原则 原告 原因 原始 原来 古董 台账 台阶 台风 叶子 司机 司法 向上 向下 向前 向导 向日葵 周期 周转 和平
    和解 和谐 商业 商务 商品 商圈 商场 商城 商家 商户 商标 商超 商铺 夏天 夏季 孔雀 孙女 孙子 宁静 安全 安卓 安心 安排
    安装 安静 宗教 宗旨 官员 官方 官网 宣传 容易 容量 封号 封禁 封闭 尚可 尚未 尤其 屈服 屈臣氏 展开 展期 展示 屠宰
    左侧 左右 左手 左边 巩固 巴士 师傅 师生 师范 席位 席卷 常住 常务 常年 常用 常见 常规 庄园 庄稼 应交 应付 应届
    应届生 应急 应收 应用 应缴 应聘 应该 应还 张数 张贴 强制 强化 强平 强度 强烈 成交 成功 成员 成年 成本 成果 成熟
    成立 成立日 成绩 成长 战争 战略 房东 房产 房屋 房租 房贷 操作 敬业 文件 文体 文具 文凭 文化 文员 文字 文教 文明
    文本 文档 方便 方向 方式 方案 方法 方面 施工 时代 时候 时刻 时尚 时效 时段 时长 时间 明信片 明天 明年 明星 明显
    明确 明细 易付 易用 易贷 景区 景点 智慧 智能 暴力 暴雨 暴露 曲线 曾用名 曾经 木工 木材 木门 权利 权益 权限 李子
    束缚 来往 来源 来电 来访 林业 柏油 查封 查看 查询 查验 柴油 桂花 梅花 欧元 欧洲 武警 段落 毕业 毕业生 毛利 毛发
    毛巾 毛衣 毛重 江湖 汤圆 沙发 沙滩 沙龙 温度 温馨 游客 游戏 游览 燕窝 牛仔 牛奶 牛肉 甘油 申报 申诉 申请 申购
    申领 白名单 白天 白条 白色 白酒 白金卡 白领 皮肤 皮革 皮鞋 盖章 盘点 石化 石头 石材 石油 祝福 程序 程度 章程 童年
    童装 符号 符合 简介 简单 简历 简易 简称 管家 管控 管理 米粉 米饭 练习 花呗 花园 花店 花费 苏宁 苏打 董事 董事长
    蓝图 蓝牙 蓝色 蓝领 衣服 衣物 解决 解冻 解放 解析 解答 解约 解绑 解释 解锁 解除 计件 计分 计划 计息 计提 计数 计时
    计生 计算 计费 计量 许可 许多 诸多 诸如 谈判 谈话 谢绝 谢谢 谷物 贡献 费率 费用 路口 路径 路由 路线 车主 车位 车型
    车站 车贷 车辆 车间 车险 辛苦 边界 边缘 连带 连接 连续 连续性 连锁 那个 那么 那些 那里 金卡 金属 金条 金牌 金色
    金融 金额 钟点 钟表 钱包 钱款 银卡 银监会 银联 银色 银行 门店 门户 门诊 闪付 闪电 闪退 阳光 阳台 阳性 阴性 陈列
    陈述 雷达 项目 项链 顾客 顾问 颜色 马上 马拉松 马路 马达 高中 高危 高峰 高峰期 高度 高效 高新 高温 高端 高管 高级
    高考 高职 高速 高额 鲍鱼 麦当劳 麻将 麻烦 麻辣 黄河 黄牛 黄色 黄金 黄页 齐全
    """.split()
)

#: what no given name holds: particles, pronouns, words of money and of administration
NEVER = frozenset(
    "的了在与及或是不已未没您你我他她它这吗呢吧啊被把款贷账帐逾欠催费额税债券码号钱厂局省县镇乡街巷者险租址"
)

#: last characters of longer words that are no names
LAST = frozenset("市区路村站部院所处室社期版型类率性式机器品价单表员人行线段量数组队法店城湾卡面边")

#: last two characters of words of four that are no names
TAILS = frozenset(
    """
    高科 消费 时代 金融 科技 银行 集团 公司 信托 保险 证券 基金 管理 服务 中心 平台 商城 数据 技术 信息 网络 软件
    产品 项目 业务 客户 用户 中国 股份 控股 投资 资本 地产 物流 电子 医药 能源 汽车 教育 传媒 文化 学院 大学 中学 小学
    医院 广场 大厦 花园 小区 公寓 成功 失败 异常 正常 完成 财富 航空
    """.split()
)

#: beginnings that make a word of anything behind them
HEADS = tuple(
    """
    申请 管理 查询 程序 任务 金融 应收 应付 应还 应交 高级 高危 高风 商品 商户 单位 项目 安全 操作 权限 利息 利率 费用
    关联 关系 计划 储蓄 展期 全部 全额 付款 解除 解约 来源 门店 明细 银行 余额 农村 房屋 车辆 劳动 智能 原始 符合 时间
    常用 常住 支付 强制 暴力
    """.split()
)

ORDINARY = _PLACES | _WORDS
HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0002a6df]+")
DOTS = re.compile(r"[·•・‧.]")
FIRST = frozenset(_SINGLE)
DOUBLE = frozenset(_COMPOUND)
FREQUENT = frozenset(_SINGLE[:120])


def looks_like_name(text: str) -> bool:
    """Tell whether ``text`` is written like the full name of a Chinese person.

    Two to four 汉字 that start with a surname and are no ordinary word, or a transcription with middle dots.
    """
    text = text.strip()
    if DOTS.search(text):
        parts = DOTS.split(text)
        return len(text) <= 20 and all(HAN.fullmatch(part) and NEVER.isdisjoint(part) for part in parts)
    if not 2 <= len(text) <= 4 or not HAN.fullmatch(text) or text in ORDINARY or text.startswith(HEADS):
        return False
    if text[:2] in DOUBLE and len(text) > 2:
        given = text[2:]
    elif text[0] in FIRST and (len(text) < 4 or text[1] in FREQUENT):
        given = text[1:]
    else:
        return False
    if not NEVER.isdisjoint(given) or (len(text) == 4 and text[2:] in TAILS):
        return False
    return len(text) == 2 or text[-1] not in LAST


_GIVEN = (
    "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂兰玉萍红梅建国华文辉力志永健世广义兴良海山仁波宁贵福生龙元全胜学"
    "祥才发武新清飞彬富顺信子浩亮岚苑婕馨瑗琰韵融园艺咏卿聪澜纯毓悦昭冰爽琬茗羽希欣飘育滢馥筠柔竹霭凝晓欢枫芸菲寒伊"
    "亚宜可姬舒影荔枝丝梓轩涵诺宸博睿思雨晨曦佳怡嘉琪俊瑞鹏翔宇泽凯昊天煜祺皓铭钰婷雪倩妍莹璐瑶琳慧颖蕾薇莉"
)
#: falls with the rank as surnames do: the first hundred cover most people
_WEIGHTS = [1 / (rank + 4) for rank in range(len(_SINGLE))]


def sample(rng: Random) -> str:
    """Return a name of three, sometimes two, characters; one in fifty has a surname of two characters."""
    while True:
        surname = rng.choice(_COMPOUND) if rng.random() < 0.02 else rng.choices(_SINGLE, _WEIGHTS)[0]
        name = surname + "".join(rng.choices(_GIVEN, k=1 if rng.random() < 0.15 else 2))
        if looks_like_name(name):
            return name


PERSON = EntityType(
    name="PERSON",
    title="Name of a person",
    title_zh="姓名",
    role=Role.DIRECT_IDENTIFIER,
    sensitivity=Sensitivity.MEDIUM,
    category=Category(
        jrt0171=Classed("C2", "M-m"),
        gbt35273=Classed("PI", "S"),
        gbt45574=Classed("no", "S"),
        jrt0197=Classed("3", "S"),
    ),
    mask=Mask("name"),
    headers=(
        "姓名", "户名", "借款人", "申请人", "联系人", "担保人", "保证人", "共借人", "持卡人", "收款人", "付款人",
        "投保人", "被保险人", "客户名称", "客户名", "用户名称", "员工", "经办人", "客户经理", "催收员", "法人",
        "法定代表人", "name", "xm", "xingming", "khxm", "khmc", "kehuxingming", "yhxm", "jkrxm", "jkrmc", "lxrxm",
        "lxr", "jjlxrxm", "hkrxm", "sqrxm", "dbrxm", "ckrxm", "zsxm", "skrxm", "fkrxm", "poxm", "qsxm", "ygxm",
        "csyxm", "jbrxm", "hm", "custname", "customername", "cname", "cnname", "chinesename", "namecn", "clientname",
        "username", "realname", "truename", "fullname", "personname", "membername", "borrower", "borrowername",
        "debtorname", "applicantname", "loanername", "guarantorname", "cardholder", "cardholdername", "holdername",
        "accountname", "acctname", "accname", "ownername", "payeename", "payername", "contactname", "contactperson",
        "linkman", "linkmanname", "spousename", "relativename", "emergencycontact", "staffname", "employeename",
        "empname", "agentname", "collectorname", "operatorname", "legalperson", "idname", "idcardname",
    ),
    sample=sample,
    cites=("JR/T 0171-2020", "GB/T 35273-2020 Annex A"),
)
