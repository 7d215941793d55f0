#include "engine/rules/fact_words.h"

const struct phrase_row fact_cues[] = {
    { CUE_NAME,
      "my name is, my full name is, my first name is, name is, the name is, you are "
      "speaking|talking with|to, "
      "you can call me, people call me, under the name, under the name of, this is "
      "her|his|their|my husband|wife|son|daughter|assistant|mother|father|brother|sister" },
    { CUE_THIS_IS,
      "this is, it is, speaking is, you have reached, you have got, you got, here is" },
    { CUE_I_AM, "i am" },
    { CUE_COMPANY,
      "calling from, i am from, we are from, i work for|at|with, i am with, we are with, i am "
      "calling "
      "from, on behalf of, calling for, my company is, our company is, company is called, "
      "my company is called, i run, i own, i represent, we represent, here at, i am a .. at|with, "
      "the owner of, owner of, a manager at, manager at|of, company name is, name of the company "
      "is, "
      "work over at, employed by|at, "
      "company|business|shop|bakery|restaurant|firm|store|salon|agency|studio|clinic|practice|"
      "startup|cafe|hotel called, my business is, our business is, my business is called" },
    { CUE_LAST_NAME,
      "my last name is, my surname is, my family name is, last name is, surname is" },
    { CUE_ASKS_NAME,
      "your full|first? name, who am i speaking|talking, who is calling, who is this, "
      "may|can i ask who, your first and last name, with whom am i speaking, name please, first "
      "and last name, full name, name for the order|reservation|appointment" },
    { CUE_ASKS_LAST_NAME,
      "your last name, your surname, your family name, and the last name, last name please, "
      "what is the last name" },
    { CUE_ASKS_COMPANY,
      "company are you, company you are, your company, name of your company|business, the company "
      "name, company name please, company name $, name of the company $, "
      "your company name, your company's name, what|which company, where are you calling from, "
      "your business name" },
    { CUE_NO_NAME,
      "monday, tuesday, wednesday, thursday, friday, saturday, sunday, january, february, march, "
      "april, june, "
      "july, august, september, october, november, december, on, in, not, at, the, a, an, my, "
      "your, "
      "our, his, her, their, it, he, she, they, we, you, great, good, fine, okay, yes, no, sorry, "
      "happy, "
      "calling, regarding, about, just, very, really, american, canadian, british, english, "
      "german, french, "
      "spanish, italian, swedish, indian, chinese, mexican, irish, scottish, dutch, polish, "
      "russian, "
      "ukrainian, japanese, korean, australian, african, european, asian, christian, catholic, "
      "muslim, "
      "jewish, hello, hi, hey, thanks, thank, please, how, what, when, where, why, who, which, "
      "that, "
      "this, there, here, so, and, but, or, if, well, sure, right, mine, spelled, customer, "
      "service, support, "
      "sales, billing, interested, looking, wondering, trying, ready, back, still, actually, also, "
      "all, "
      "christmas, easter, amazing, awesome, ridiculous, wonderful, perfect, god, jesus, "
      "unfortunately, "
      "account, order, number, english, ok, is, was, for, from, to, of, with, because, has, would, "
      "could, "
      "can, will, should, may i, do, does, did, let, oh, uh, um, speaking, everything, nothing, "
      "something, "
      "mr $, mrs $, ms $, dr $, miss $, tv, usa, us, uk, pm, am, id, pin, going, gonna, super, "
      "absolutely, "
      "definitely, one, two, three, four, five, six, seven, eight, nine, ten, llc, inc" },
    { 0, NULL },
};

const struct phrase_row fact_places[] = {
    { 1,
      "alabama, alaska, arizona, arkansas, california, colorado, connecticut, delaware, florida, "
      "georgia, "
      "hawaii, idaho, illinois, indiana, iowa, kansas, kentucky, louisiana, maine, maryland, "
      "massachusetts, "
      "michigan, minnesota, mississippi, missouri, montana, nebraska, nevada, new hampshire, new "
      "jersey, "
      "new mexico, new york, new york city, north carolina, north dakota, ohio, oklahoma, oregon, "
      "pennsylvania, "
      "rhode island, south carolina, south dakota, tennessee, texas, utah, vermont, virginia, "
      "washington, "
      "washington dc, west virginia, wisconsin, wyoming, los angeles, chicago, houston, phoenix, "
      "philadelphia, "
      "san antonio, san diego, dallas, austin, san jose, fort worth, jacksonville, columbus, "
      "charlotte, "
      "indianapolis, san francisco, seattle, denver, boston, nashville, detroit, portland, las "
      "vegas, "
      "memphis, louisville, baltimore, milwaukee, albuquerque, tucson, fresno, sacramento, mesa, "
      "atlanta, "
      "kansas city, omaha, miami, oakland, minneapolis, tulsa, tampa, new orleans, cleveland, "
      "honolulu, "
      "orlando, pittsburgh, cincinnati, st louis, buffalo, brooklyn, queens, manhattan, the bronx, "
      "toronto, montreal, vancouver, calgary, ottawa, edmonton, london, manchester, birmingham, "
      "leeds, "
      "glasgow, edinburgh, liverpool, bristol, cardiff, belfast, dublin, paris, berlin, munich, "
      "hamburg, "
      "frankfurt, cologne, vienna, zurich, geneva, rome, milan, madrid, barcelona, lisbon, "
      "amsterdam, "
      "rotterdam, brussels, antwerp, copenhagen, stockholm, gothenburg, malmo, oslo, bergen, "
      "helsinki, "
      "warsaw, krakow, prague, budapest, athens, istanbul, moscow, kyiv, tokyo, osaka, seoul, "
      "beijing, "
      "shanghai, hong kong, singapore, sydney, melbourne, brisbane, perth, auckland, mumbai, "
      "delhi, "
      "new delhi, bangalore, dubai, tel aviv, cairo, lagos, nairobi, cape town, johannesburg, "
      "mexico city, "
      "sao paulo, rio, buenos aires, lima, bogota, santiago, "
      "america, the united states, united states, usa, us, canada, mexico, england, scotland, "
      "wales, ireland, "
      "northern ireland, britain, great britain, united kingdom, uk, france, germany, spain, "
      "portugal, italy, "
      "switzerland, austria, belgium, netherlands, holland, luxembourg, denmark, sweden, norway, "
      "finland, "
      "iceland, poland, czech republic, slovakia, hungary, romania, bulgaria, greece, turkey, "
      "russia, ukraine, "
      "china, japan, korea, south korea, india, pakistan, bangladesh, thailand, vietnam, "
      "indonesia, malaysia, "
      "philippines, australia, new zealand, brazil, argentina, chile, colombia, peru, egypt, "
      "nigeria, kenya, "
      "south africa, israel, dubai, europe, asia, africa, the bay area, bay area, downtown, "
      "monday, tuesday, wednesday, thursday, friday, saturday, sunday, january, february, april, "
      "june, "
      "july, august, september, october, november, december, home, work, facebook marketplace, "
      "google maps" },
    { 0, NULL },
};
