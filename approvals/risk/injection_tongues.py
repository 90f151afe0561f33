"""How instructions for an agent are worded in other languages than English."""

from approvals.risk.injection_wording import wording

OVERRIDE = wording(
    "override",
    "tells its reader to drop instructions",
    # German, Dutch
    r"\b(?:ignorier(?:e|en|t)?|vergiss|vergessen sie|missachte|negeer|vergeet)\s"
    r"(?:[^\s.,;:!?]+\s){0,4}(?:anweisung|instruktion|befehl|vorgabe|regeln"
    r"|aufgabe|prompt"
    r"|instructies|opdracht|richtlijn)",
    r"\bvergiss\s(?:alles|einfach alles)\b",
    # French
    r"\b(?:ignore[rz]?|oublie[rz]?)\s(?:[^\s.,;:!?]+\s){0,3}(?:instructions?|consignes?"
    r"|directives?|règles)\s(?:pr[ée]c[ée]dent|ant[ée]rieur|ci-dessus|donn[ée]"
    r"|initial)",
    r"\boublie[rz]?\stout\sce\s(?:qui|que)\b",
    # Spanish, Portuguese, Italian
    r"\b(?:ignor[ae]r?|olvid[ae]r?|esque[çc]a|desconsidere|dimentica|tralascia)\s"
    r"(?:[^\s.,;:!?]+\s){0,3}(?:instrucciones|instru[çc][õo]es|istruzioni"
    r"|direttive|[óo]rdenes"
    r"|ordens|indicaciones|reglas|regras|regole|comandos)\b",
    r"\b(?:olvida|esque[çc]a|dimentica)\s(?:todo|tudo|tutto)\s(?:lo|o|ciò|quello"
    r"|que|che)\b",
    # Polish, Turkish, Indonesian
    r"\b(?:z?ignoruj|zapomnij)\s(?:[^\s.,;:!?]+\s){0,3}(?:instrukcj|polece|zasad"
    r"|wytyczn)",
    r"(?:önceki|yukarıdaki|tüm)\s(?:[^\s.,;:!?]+\s){0,2}(?:talimat|komut"
    r"|yönerge)[^\s.,;:!?]*\s"
    r"(?:yok say|görmezden|unut)",
    r"\b(?:abaikan|lupakan)\s(?:[^\s.,;:!?]+\s){0,2}(?:instruksi|perintah|petunjuk)",
    # Russian, Ukrainian
    r"(?:игнорируй|проигнорируй|забудь|ігноруй|забудьте"
    r"|отмени)(?:те)?\s(?:[^\s.,;:!?]+\s){0,4}"
    r"(?:инструкци|указани|команд|правил|вказівк|інструкці|промпт)",
    # Chinese, Japanese, Korean
    r"(?:忽略|无视|忽視|無視|忘记|忘記|忘掉|不要理会|不要遵守|请忽略)[^\s。，]{0,8}(?:之前|以前|先前|上述"
    r"|上面|以上|前面|所有|你的|原有)[^\s。，]{0,8}(?:指令|指示|说明|說明|提示|规则|規則|命令|要求)",
    r"(?:AI|助手|助理|模型|智能体|机器人)[^。\n]{0,12}(?:忽略|无视|忽視|無視)",
    r"(?:绕过|跳过|关闭|禁用|解除|繞過|跳過)[^。，\n]{0,4}(?:所有|全部|一切)[^。，\n]{0,6}"
    r"(?:安全|权限|審批|审批|限制|检测|防护|规则)",
    r"进入[^。，\n]{0,3}(?:开发者|越狱|无限制|上帝)模式",
    r"(?:以前|これまで|前|上記|すべて|全て|今まで|上)の?[^\s.,;:!?]{0,6}(?:指示|命令|指令|プロンプト|ルール)"
    r"[^\s。]{0,6}(?:無視|忘れ|破棄)",
    r"(?:이전|앞의|위의|모든|기존)[^.\n]*(?:지시|명령|지침|프롬프트)[^.\n]*(?:무시|잊)",
    # Swedish, Danish, Norwegian, Finnish
    r"\b(?:ignorera|ignorer|gl[öø]m|glem|bortse från|se bort fra|overse)\s"
    r"(?:[^\s.,;:!?]+\s){0,4}(?:instruktion|instruks|anvisning|regler|riktlinje"
    r"|retningslinje|kommando|befal)",
    r"\b(?:ohita|unohda|jätä huomiotta)\s(?:[^\s.,;:!?]+\s){0,4}(?:ohjee|käsky|sääntö)",
    # Czech, Slovak, Hungarian, Romanian
    r"\b(?:ignoruj(?:te)?|zapome[ňn](?:te)?|zabudni(?:te)?)\s(?:[^\s.,;:!?]+\s){0,3}"
    r"(?:instrukc|inštrukci|pokyn|příkaz|príkaz|pravid)",
    r"\b(?:hagyd figyelmen kívül|felejtsd el)\s(?:[^\s.,;:!?]+\s){0,4}(?:utasítás"
    r"|szabály|parancs)",
    r"\b(?:ignor[ăa](?:ți|ti)?|uit[ăa](?:ți|ti)?)\s(?:[^\s.,;:!?]+\s){0,3}"
    r"(?:instruc[țt]iun|regul|comenz)",
    # Croatian, Serbian, Slovene, Bulgarian, Greek
    r"\b(?:zanemari(?:te)?|ignoriraj(?:te)?|zaboravi(?:te)?)\s(?:[^\s.,;:!?]+\s){0,3}"
    r"(?:uput|instrukcij|naredb|navodil|pravil)",
    r"(?:игнорирай|игнориши|забрави|занемари)(?:те)?\s(?:[^\s.,;:!?]+\s){0,3}"
    r"(?:инструкци|указани|команд|правил|упут|наредб)",
    r"(?:αγνόησ|αγνοήστ|ξέχν|ξεχάσ)\S*\s(?:[^\s.,;:!?]+\s){0,3}(?:οδηγί|εντολ|κανόν)",
    # Catalan, more French and Spanish
    r"\b(?:ignora|oblida)\s(?:[^\s.,;:!?]+\s){0,3}instruccions\b",
    r"\boublie[rz]?\s(?:toutes\s)?(?:tes|vos)\s(?:[^\s.,;:!?]+\s)?(?:instructions"
    r"|consignes|directives|règles)",
    r"\bne\s(?:tenez|tiens|tenir)\s(?:pas|plus|aucun)\scompte\s(?:de|des)\s"
    r"(?:[^\s.,;:!?]+\s){0,3}(?:instructions|consignes|directives)",
    r"\bhaz caso omiso\s(?:[^\s.,;:!?]+\s){0,4}(?:instrucciones|reglas|órdenes)",
    # Vietnamese, Filipino, Swahili, Thai
    r"\b(?:bỏ qua|phớt lờ|quên|làm ngơ)\s(?:[^\s.,;:!?]+\s){0,4}(?:hướng dẫn|chỉ dẫn"
    r"|lệnh|chỉ thị|quy tắc)",
    r"\b(?:huwag pansinin|balewalain|kalimutan)\s(?:[^\s.,;:!?]+\s){0,5}(?:tagubilin"
    r"|utos|panuto)",
    r"\b(?:puuza|sahau)\s(?:[^\s.,;:!?]+\s){0,3}(?:maagizo|maelekezo|amri)",
    r"(?:ละเว้น|เพิกเฉย|ไม่ต้องสนใจ|ลืม|ข้าม)[^\n]*(?:คำสั่ง|คำแนะนำ)",
    # Hebrew, Persian, Urdu, Bengali
    r"(?:התעלם|התעלמי|התעלמו|שכח)\s[^.\n]*(?:הוראות|ההוראות|הנחיות|ההנחיות|פקודות)",
    r"(?:دستور|راهنمایی|فرمان)[^.\n]*(?:نادیده|فراموش)",
    r"(?:ہدایات|احکامات)[^.\n]*(?:نظر انداز|بھول)",
    r"(?:আগের|পূর্ববর্তী|সব|সমস্ত)[^।\n]*(?:নির্দেশ|আদেশ)[^।\n]*(?:উপেক্ষা|ভুলে)",
    # Arabic, Hindi
    r"(?:تجاهل|انس)\s[^.\n]*(?:التعليمات|الأوامر|تعليمات|المهمة|القيود|القواعد)",
    r"(?:تعليمات|تنبيه|ملاحظة|رسالة)\s(?:إلى\s|لل)(?:ال)?(?:مساعد|ذكاء|نموذج|وكيل)",
    r"(?:पिछले|सभी|पहले)\s[^.\n]*(?:निर्देश|आदेश)[^.\n]*(?:अनदेखा|नज़रअंदाज़|भूल)",
)
ROLE = wording(
    "role",
    "tells its reader to be somebody else",
    r"\bdu bist (?:jetzt|nun|ab jetzt|ab sofort) (?:eine? )?(?:\S+ )?(?:ki|dan"
    r"|hacker|bot)\b",
    r"\btu es (?:maintenant|désormais) (?:une? )?(?:\S+ )?(?:ia|dan|hacker|pirate"
    r"|bot)\b",
    r"\b(?:ahora eres|eres ahora) (?:una? )?(?:\S+ )?(?:ia|dan|hacker|bot)\b",
    r"\b(?:agora você é|você agora é) (?:uma? )?(?:\S+ )?(?:ia|dan|hacker|bot)\b",
    r"\bora sei (?:una? |un')?(?:\S+ )?(?:ia|dan|hacker|bot)\b",
    r"ты (?:теперь|больше не) (?:\S+ )?(?:dan|ии|бот|хакер|ограничен)",
    r"你现在是[^\n。]*(?:没有限制|不受|无限制|黑客|dan)",
    r"(?:あなた|君)は(?:今|これ)から[^\n。]*(?:制限のない|ハッカー|dan)",
)
SECRECY = wording(
    "secrecy",
    "asks to keep something from the user",
    r"\b(?:sag|sage|verrate|erzähle?)\s(?:es\s|das\s)?(?:dem|den)\s(?:benutzer"
    r"|nutzer|anwender)"
    r"n?\s(?:nichts|nicht|nie)",
    r"\bne\s(?:le\s)?(?:dis|dites|révèle[zr]?|mentionne[zr]?)\s(?:pas"
    r"|rien)\s(?:[^\s.,;:!?]+\s)?"
    r"(?:à\s)?l['’]utilisateur",
    r"\bno\s(?:le\s)?(?:digas|informes|menciones)\s(?:nada\s)?(?:al|a la)\susuari[oa]",
    r"\bn[ãa]o\s(?:conte|diga|informe|mencione)\s(?:nada\s)?(?:ao|à)\susu[áa]ri[oa]",
    r"\bnon\s(?:dire|dirlo|informare)\s(?:nulla\s|niente\s)?(?:al)l?['’]?\s?utente",
    r"не\s(?:говори|сообщай|рассказывай)(?:те)?\s(?:об этом\s)?пользовател",
    r"不要(?:告诉|告訴|通知|让|向)用户|(?:ユーザー|利用者)に(?:は)?(?:言わ|知らせ|伝え)ないで",
)  # fmt: skip
