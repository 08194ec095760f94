# What Demeu says in Kazakh. One message per kind; `benefit` comes from services/{code}.kk.ftl.
# Rules: full stops and commas only, no link, no code, nothing to pay, no suffix glued to a number or a date
# (its vowel would depend on how the number is read), a cause only where nothing else can be it. `.brief` is the second line under a Russian message.

-questions = Сұрақтар: 1414, тегін.
-ordinary = Әдеттегі тәртіппен ХҚКО-да өтініш беруге болады.
-account = 20 таңба, KZ әріптерінен басталады

money = { $frequency ->
    [monthly] айына { $amount } теңге
   *[once] { $amount } теңге
}

yes = ИӘ
no = ЖОҚ
why = НЕГЕ

offer = Сізге тиесілі: { benefit }, { money }. Өтінішсіз рәсімдеуге келісесіз бе? Жауап: { $yes } не { $no }, мерзімі { $until }, тегін. Код, ақша сұрамаймыз, сілтеме жібермейміз. Тексеру: 1414.
    .brief = Қаз.: { $amount } теңге. Жауап: { $yes } не { $no }.
    .hint = Есебі: { $why_word }.

offer_more = Сома қайта есептелді: { benefit }, енді { $amount_before } теңге орнына { money } тиесілі. Келісесіз бе? Жауап: { $yes } не { $no }, мерзімі { $until }, тегін. Код, ақша сұрамаймыз, сілтеме жібермейміз. Тексеру: 1414.
    .brief = Қаз.: { $amount_before } орнына { $amount } теңге. Жауап: { $yes } не { $no }.
    .hint = Есебі: { $why_word }.

reminder = Еске саламыз: { benefit }, { money }. Жауабыңызды күтіп отырмыз: { $yes } немесе { $no }, мерзімі { $until }. Жауап тегін. Тексеру: 1414.
    .brief = Қаз.: жауап беріңіз: { $yes } не { $no }.

unclear = Жауабыңызды түсінбедік: { benefit }. Тек мынаны жазып жіберіңіз: { $yes } немесе { $no }. Мерзімі { $until }. { -questions }
    .brief = Қаз.: жауап беріңіз: { $yes } не { $no }.

refused_confirmed = Бас тартқаныңыз қабылданды, рәсімделмейді: { benefit }. { $open ->
    [yes] Қате болса, { $yes } деп жауап беріңіз, мерзімі { $until }. Кейін ХҚКО-да өтініш бере аласыз.
   *[no] Ойыңыз өзгерсе, ХҚКО-да өтініш бере аласыз.
} { -questions }

late = Жауабыңыз мерзімнен кеш келді, сондықтан бұл жолмен рәсімдеу мүмкін емес: { benefit }. { -ordinary } { -questions }

lapsed = Жауап беру мерзімі өтті, сондықтан рәсімделген жоқ: { benefit }. { -ordinary } { -questions }

already_answered = Бұған дейінгі жауабыңыз қабылданған: { benefit }. Қайта жауап берудің қажеті жоқ. { -questions }

ask_account = Төлем үшін шотыңыз керек: { benefit }. Банктерде жарамды шотыңыз жоқ. Жауап ретінде өз атыңыздағы шоттың нөмірін (IBAN) жіберіңіз: { -account }. Мерзімі { $until }. Карта нөмірін, код пен құпиясөзді жібермеңіз.
    .brief = Қаз.: өз шотыңыздың IBAN нөмірін жіберіңіз.

account_bad = { $problem ->
    [invalid] Шот нөмірінде қате бар.
    [not_own] Бұл шот Сіздің атыңызда емес.
    [blocked] Бұл шот бұғатталған.
    [closed] Бұл шот жабылған.
    [unknown] Банктерде мұндай шот жоқ.
   *[rejected] Банк бұл шотқа ақша қабылдамады.
} Өз атыңыздағы басқа шотты (IBAN) жіберіңіз: { -account }. Мерзімі { $until }. Төлем: { benefit }.
    .brief = Қаз.: басқа шоттың IBAN нөмірін жіберіңіз.

account_lapsed = Ақша аударуға болатын шот мерзімінде келмеді, сондықтан ақша аударылған жоқ: { benefit }. { -ordinary } { -questions }

missing_document = Құжат жетіспейді: { $document }. Ол мына төлемге керек: { benefit }. ХҚКО-ға тапсыру мерзімі: { $until }. { -questions }
    .brief = Қаз.: құжат жетіспейді, 1414 тегін.

document_lapsed = Құжат мерзімінде келіп түспеді, сондықтан рәсімделген жоқ: { benefit }. Жетпеген құжат: { $document }. { -ordinary } { -questions }

stopped = Рәсімдеу тоқтатылды: { benefit }. Себебін 1414 нөмірінен біле аласыз, тегін. { -ordinary }

assigned_and_paid = Тағайындалды: { benefit }, { money }. Ақша соңғы 4 таңбасы { $last4 } шотыңызға аударылды. { $open ->
    [yes] Құқық мерзімі: { $until } дейін.
   *[no] {""}
} { -questions }

body_refused = Тағайындаудан бас тартылды: { benefit }. Себебі: { $reason }. Келіспесеңіз, 1414 нөміріне қоңырау шалыңыз, тегін.

amount_changed = Рәсімдеу алдында сома қайта есептелді: { benefit }, { money }. Сізден ештеңе керек емес. { -questions }

change_granted = Сома тізілімдер дерегімен қайта есептелді: { benefit }, енді { money }, бұрын { $amount_before } теңге болған. Айырмасын өзіміз рәсімдейміз, Сізден ештеңе керек емес. { -questions }

which_question = { $several ->
    [yes] Сізге бірнеше сұрақ қойылды:
   *[no] Сізге бір сұрақ қойылды:
}
    { $questions }
    { $several ->
    [yes] Әрқайсысына нөмірімен жауап беріңіз, мысалы: { $yes } немесе { $no }.
   *[no] Оның нөмірімен жауап беріңіз: { $yes } немесе { $no }.
}
    .brief = Қаз.: нөмірімен жауап беріңіз: { $yes } не { $no }.

no_question = Қазір Сізге қойылған сұрақ жоқ, жауап берудің қажеті жоқ. { -questions }

# To who asks why. `.hint` of an offer says that one may, where it costs no further part.

why_amount = Есебі: { benefit }, { money }{ $open ->
    [yes] , соңғы күні { $until }
   *[no] {""}
}. { $figures }Негізі: { $ground }. Келіспесеңіз: 1414, тегін.

why_refused = Тағайындалмады: { benefit }. Себебі: { $why }. Негізі: { $ground }. Шағым беру: 1414, тегін.

why_undecided = Әлі шешілген жоқ: { benefit }. Мұны маман шешеді. { -questions }

overpaid = Артық төленді: { benefit }, барлығы { $amount } теңге. Бұл сома келесі төлемдерден бөліп-бөліп ұсталады. Келіспесеңіз, { $day } күнінен кешіктірмей 1414 нөміріне қоңырау шалыңыз, тегін.

# Notices: nothing is asked and nothing is to be answered.

-no_answer = Бұл хабарға жауап берудің қажеті жоқ.

pension_age_near = Жақында зейнет жасына толасыз: { $day }, толық жас: { $age }. Зейнетақы тағайындату үшін ХҚКО-да өтініш беріңіз. { -no_answer } { -questions }

pension_age_reached = Сіз зейнет жасына толдыңыз: { $day }, толық жас: { $age }. Зейнетақы тағайындату үшін ХҚКО-да өтініш беріңіз. { -no_answer } { -questions }

pension_changed = Зейнетақыңыз өзгерді: айына { $amount } теңге, бұрын { $amount_before } теңге болған. Жаңа мөлшер басталатын күн: { $day }. { -no_answer } { -questions }

kandas_ends = Қандас мәртебеңіздің соңғы күні: { $day }. Бұдан әрі не істеу керегін 1414 нөмірінен біліңіз, тегін. { -no_answer }

kandas_extended = Қандас мәртебеңіз ұзартылды, соңғы күні: { $day }. { -no_answer } { -questions }

employment_measures = Жұмыссыз ретінде тіркелген күніңіз: { $day }. Сізге көмек: { $measures }. Қазір қайсысы барын мансап орталығы айтады. { -questions }

measure = { $code ->
    [job_placement] жұмысқа орналасу
    [training] оқу
    [business_grant] өз ісіне грант
    [public_works] қоғамдық жұмыс
    [social_job] әлеуметтік жұмыс орны
    [youth_practice] жастар практикасы
   *[silver_age] Күміс жас бағдарламасы
}
