"""Who is in somebody's phone book (通讯录, 联系人列表).

Issuer: none; copied from a borrower's phone, or typed in as emergency contacts.
Structure: a table with a borrower key, other people's phones and mostly a relation column; a JSON array or object of
name and phone pairs in a cell or record; a vCard file; a dump of name and phone pairs in a log line.
Look-alikes: a customer table (one phone for each key), a staff directory, a list of service numbers.
Limits: found by structure only, so a list of bare phones without key, relation or telling name is a column of
CN_MOBILE_PHONE; two contacts for each borrower count as a list, since they are third persons all the same.
Sources: GB/T 35273-2020 Annex B (通讯录, 好友列表); GB/T 45251-2025 and CFC Measures (collection from third persons);
regulations.md sections 10.3 and 12.
"""

from __future__ import annotations

from pii_audit.model.entity import Category, Classed, EntityType, Mask, Role, Sensitivity

#: headers of the column that says whose phone book it is
KEY_HEADERS = (
    "userid", "uid", "userno", "custid", "custno", "custcode", "customerid", "customerno", "clientid", "clientno",
    "memberid", "memberno", "borrowerid", "borrowerno", "borroweridno", "borrowerphone", "borrowermobile", "debtorid",
    "applicantid", "applyid", "applyno", "applicationid", "applicationno", "appno", "caseid", "caseno", "loanid",
    "loanno", "contractno", "contractid", "orderid", "orderno", "ownerid", "ownerphone", "khh", "khid", "khbh", "yhid",
    "yhbh", "jkrid", "jkrbh", "jkrsfzh", "ajbh", "ajid", "jjbh", "htbh", "sqbh", "jjdh", "客户号", "客户编号",
    "客户id", "用户id", "用户号", "用户编号", "借款人编号", "借款人id", "借款人身份证", "借款人手机", "借款编号",
    "案件编号", "案件号", "合同编号", "合同号", "借据号", "进件编号", "申请编号", "申请单号", "订单号", "会员号",
)

#: headers of the column that says what the contact is to the borrower
RELATION_HEADERS = (
    "relation", "relations", "relationship", "relationtype", "relationcode", "relationname", "relationdesc",
    "relationid", "contactrelation", "contactrelationship", "contacttype", "linkmanrelation", "kinship", "gx", "gxlx",
    "lxrgx", "lxrlx", "ybrgx", "yjkrgx", "ykhgx", "guanxi", "关系", "与本人关系", "与借款人关系", "与客户关系",
    "联系人关系", "联系人类型", "亲属关系", "社会关系",
)

#: headers of columns that hold the phone of a contact
CONTACT_PHONE_HEADERS = (
    "contactphone", "contactphoneno", "contactphonenumber", "contactmobile", "contactmobileno", "contacttel",
    "contactnumber", "contactno", "linkphone", "linkmobile", "linktel", "linkmanphone", "linkmanmobile", "linkmantel",
    "emergencyphone", "emergencymobile", "emergencytel", "emergencycontactphone", "emergencycontactmobile",
    "emergencycontacttel", "relativephone", "relativemobile", "familyphone", "spousephone", "spousemobile",
    "friendphone", "colleaguephone", "refphone", "refereephone", "contact1phone", "contact2phone", "contact3phone",
    "contact1mobile", "contact2mobile", "contact3mobile", "firstcontactphone", "secondcontactphone",
    "othercontactphone", "lxrdh", "lxrdhhm", "lxrsj", "lxrsjh", "lxrsjhm", "lxr1dh", "lxr2dh", "lxr3dh", "lxrdh1",
    "lxrdh2", "lxrdh3", "lxrsj1", "lxrsj2", "jjlxrdh", "jjlxrsj", "jjlxrsjh", "jjlxdh", "qsdh", "qssjh", "podh",
    "posjh", "联系人电话", "联系人手机", "联系人号码", "联系人联系方式", "紧急联系电话", "紧急联系人手机",
    "紧急联系人电话", "亲属电话", "亲属手机", "配偶电话", "配偶手机", "同事电话", "朋友电话",
)

#: headers of columns that hold the name of a contact
CONTACT_NAME_HEADERS = (
    "contact", "contactname", "contactperson", "contactrealname", "linkman", "linkmanname", "linkname",
    "emergencycontact", "emergencycontactname", "emergencyname", "relativename", "spousename", "friendname",
    "colleaguename", "refname", "refereename", "contact1name", "contact2name", "contact3name", "firstcontactname",
    "secondcontactname", "lxr", "lxrxm", "lxrmc", "lxr1xm", "lxr2xm", "lxr3xm", "lxrxm1", "lxrxm2", "lxrxm3", "jjlxr",
    "jjlxrxm", "qsxm", "poxm", "联系人", "联系人姓名", "紧急联系人", "紧急联系人姓名", "亲属姓名", "配偶姓名",
    "通讯录姓名",
)

#: names of tables, files, JSON keys and columns that say "phone book"
PATH_WORDS = (
    "contacts", "contactlist", "contactslist", "contactinfo", "contactinfos", "contactdata", "contactbook",
    "phonebook", "phonebooks", "phonelist", "phonecontacts", "mobilecontacts", "addressbook", "addresslist",
    "addrbook", "linkmanlist", "linkmen", "emergencycontacts", "emergencycontactlist", "usercontacts", "friendlist",
    "tongxunlu", "txl", "lxrlb", "lxrxx", "通讯录", "通信录", "电话本", "电话簿", "联系人列表", "联系人信息",
    "好友列表",
)

#: values of a relation column
RELATION_VALUES = (
    "父亲", "母亲", "父母", "父", "母", "爸爸", "妈妈", "爸", "妈", "配偶", "丈夫", "妻子", "老公", "老婆", "夫妻",
    "爱人", "儿子", "女儿", "子女", "子", "哥哥", "姐姐", "弟弟", "妹妹", "兄弟", "姐妹", "兄弟姐妹", "兄妹", "爷爷",
    "奶奶", "外公", "外婆", "祖父", "祖母", "叔叔", "舅舅", "姑姑", "阿姨", "岳父", "岳母", "公公", "婆婆", "亲戚",
    "亲属", "直系亲属", "其他亲属", "家人", "家属", "朋友", "同事", "同学", "室友", "邻居", "老乡", "领导", "上级",
    "老板", "雇主", "担保人", "保证人", "紧急联系人", "其他", "其他联系人", "father", "mother", "parent", "parents",
    "spouse", "husband", "wife", "partner", "son", "daughter", "child", "children", "brother", "sister", "sibling",
    "siblings", "grandparent", "relative", "relatives", "family", "kin", "uncle", "aunt", "cousin", "friend",
    "friends", "colleague", "coworker", "workmate", "classmate", "roommate", "neighbor", "neighbour", "boss",
    "manager", "guarantor", "other", "others",
)

CONTACT_LIST = EntityType(
    name="CONTACT_LIST",
    title="Contact list",
    title_zh="通讯录",
    role=Role.SENSITIVE_ATTRIBUTE,
    sensitivity=Sensitivity.HIGH,
    category=Category(
        jrt0171=Classed("C2", "M-m"),
        gbt35273=Classed("sensitive", "M-h"),
        gbt45574=Classed("not found", "S"),
        jrt0197=Classed("3", "S"),
    ),
    mask=Mask("omit"),
    context=PATH_WORDS,
    headers=PATH_WORDS,
    cites=("GB/T 35273-2020 Annex B", "GB/T 45251-2025", "CFC Measures"),
    structural=True,
)
