#include "engine/rules/commitment_words.h"

#define STAFF                                                                                      \
    "technician|technicians|engineer|engineers|team|manager|supervisor|driver|colleague|"          \
    "colleagues|"                                                                                  \
    "assistant|office|warehouse|department|specialist|specialists|representative|rep|lawyer|"      \
    "accountant|partner|boss|wife|husband|secretary|installer|plumber|electrician|mechanic|"       \
    "courier|"                                                                                     \
    "staff|support|sales|billing|dispatcher|crew|agent|nurse|doctor|adjuster|consultant|director"

const struct phrase_row commitment_openers[] = {
    { OPEN_WILL,
      "i|we will|shall, i|we am|are going to, i|we promise to, i|we promise i|we will|shall, "
      "i|we promise you? that? i|we will|shall, what i|we will do is, "
      "i|we will have|need to, i|we will be sure to, i|we will make it a point to, "
      "i|we will try to|and, and|then will, i|we will make a note .. and" },
    { OPEN_LIGHT, "let me, let me go ahead and, i|we will go ahead and, i|we will just, "
                  "i|we am|are going to go ahead and, let us" },
    { OPEN_OFFER, "shall i|we, should i|we, do you want me|us to, would you like me|us to, "
                  "i|we can, i|we could, how about i|we, i|we would be happy|glad to, "
                  "i|we am|are happy|glad to, want me|us to" },
    { OPEN_REQUEST,
      "can|could|will|would you, can|could|will|would you please|kindly|just|also|maybe|possibly, "
      "can|could you please also|just, please, please also|just, would you be able to, "
      "would|will|is it be? possible for you to, would you "
      "be so kind "
      "as? to? and?, i|we need|want you to, i|we would like you to, i|we would appreciate it? if "
      "you could|would, "
      "you will need|have to, you need|have to, make sure you, make sure to, be sure to, "
      "if you can|could|would please?" },
    { OPEN_OTHERS,
      "our|my|the|a|one " STAFF " will, our|my|the|a service|sales|support|billing|account|claims|"
      "delivery|office|project|field " STAFF " will, one of our|my|the " STAFF " will, "
      "someone|somebody will, someone|somebody from our|my|the .. " STAFF " will, "
      "someone|somebody from|in|at .. will, our|my|the " STAFF " is|are going to, "
      "someone|somebody is going to" },
    { OPEN_PROMISED, "you will have|get|receive your|the|a|an|our|it|that|this" },
    { OPEN_DOING, "i|we am|are" },
    { 0, NULL },
};

const struct phrase_row commitment_actions[] = {
    { ACT_STRONG,
      "send, email, mail, fax, forward, ship, deliver, get a|an|the|someone|somebody .. "
      "out|over|there, drop off, drop .. off, pick .. up, fill "
      "out, fill in, fill it|that out|in, fill the|your .. out|in, drop it|that|them off, pick up, "
      "pick it|that|them|you up, bring, return, text, post, "
      "call, phone, ring, give you|him|her|them|me|us a "
      "call|ring|buzz|shout|discount|refund|credit|quote|call, "
      "get back to, get in touch, get in contact, be in touch, reach out, follow up, circle back, "
      "contact, "
      "get you|him|her|them|me|us a|an|the|your|that|those|some, get that|it|this|those|them "
      "over|out|sent|to|fixed|done, "
      "let you|him|her|them|me|us know, keep you|me|us posted|updated|informed, notify, inform, "
      "have my|our|someone|somebody|one|him|her|the .. "
      "call|send|email|contact|reach|get|come|fix|look|ship|mail|deliver, "
      "have someone|somebody out|there|over|at, have it|that|this|them|everything|the|your|a|an .. "
      "ready|done|sent|delivered|fixed|shipped|finished|completed|installed, "
      "prepare, draft, write up, put together, put that|it|this|everything in writing, put "
      "it|that|them in the mail|post, "
      "put in a|an|the, look into, investigate, find out, take care of, work on, finish, complete, "
      "arrange, set up, organize, organise, "
      "repair, replace, fix, install, refund, reimburse, pay, wire, transfer "
      "the|that|it|you|him|her money|payment|funds?, "
      "make the|a|that payment|deposit|transfer|transfers, make an appointment|offer, make "
      "arrangements, "
      "make sure, see to it, submit, sign and|the|it|that|those|them, file a|an|the|your|my|our, "
      "escalate, "
      "speak with|to my|our|the|him|her|them|someone, "
      "talk with|to my|our|the|him|her|them, ask my|our|the|him|her|them|someone|around, "
      "check with, check and get|call|let|send|email, check on .. and, check back, "
      "double check .. and get|call|let|send|email, see .. and get back|call|let|send, "
      "review the|your|it|that|this|those|them|everything, go over the|your .. and, go through "
      "the|your .. and, "
      "order, buy, purchase, remind, invite, upload, scan, print out, share, provide, present, "
      "come back to you|me, pass it|that|this|your|the|along|on, leave you|a|it|the, resend, "
      "reship, reissue, renew, "
      "reschedule, collect, gather, compile, drop by, stop by, swing by, come by, come "
      "over|out|in, visit" },
    { ACT_STRONG,
      "paint, repaint, rebuild, redo, resubmit, rewrite, reorder, rebook, re send, clean, measure, "
      "inspect, "
      "sort it|that|this|everything? out, sort out, straighten it|that|this out, deal with, "
      "handle, set a reminder, "
      "ship out, mail out, send out, dispatch, escalate, translate, print, copy, pack, package, "
      "load, unload, "
      "deposit, donate, hand in|over, hand it|them|that in|over, turn it|them|that in, bring back, "
      "take back, take it|them|that to, "
      "complete, finalize, finalise, wrap up, close out, research, calculate, work out, price, "
      "quote, "
      "interview, train, hire, recruit, negotiate, appeal, object, report, file, apologize to, "
      "correct it|that|this|the, "
      "do the|some|a, look for, search for, keep an eye, meet with, sit down with, get back with, "
      "touch base, ping, message, whatsapp, page, dig into, run it|this|that by, loop in, hook you "
      "up" },
    { ACT_WEAK,
      "process, update, cancel, change, add, remove, note, book, schedule, confirm, verify, open "
      "a|an|the|your, "
      "create, register, enter, apply, credit, adjust, correct, issue, waive, extend, approve, "
      "release, assign, reserve, sign you up, put you down|in for?, put your|his|her|my|our name "
      ".. list, close your|the|that, "
      "take a look, look at, look over, mark, document, set aside, hold it|that|them|the|one for, "
      "file, sign, "
      "reset, restart, reactivate, activate, deactivate, switch, move the|it|that|your, push" },
    { ACT_DATED, "check, be there, be back, be at|in|over, meet, come, go to|over|there|by, do "
                 "it|that|this, start, begin, "
                 "decide, test, try it|that, be ready, be done, have it|that|this, bring it up, "
                 "write, make, build, get it|that|this" },
    { ACT_NOT,
      "send you|me|him|her to|over|through|back, call it|that|this, call you sir|ma'am, "
      "see you, talk to you later|soon|then|again, speak to|with you later|soon|then|again, talk "
      "to you, speak to you, "
      "talk|speak with you, see you later|soon|then|again, be honest|happy|glad|right|fine|okay, "
      "get you over|through|transferred|connected|started|in|to|into, pay attention, "
      "order the|a chicken|salmon|pizza|burger|steak, make sense, ask you, check it out, "
      "return to you in, transfer you, leave it|that at|there, leave you to|with|alone|be, add "
      "that, note that, "
      "confirm that with you, let you go, let you know that|what, share with you, remind you that, "
      "inform you that, "
      "call you that, post you, bring up your|the|it|that, pull, ring you up, ring that|it up, "
      "complete this|the call, finish this call, share my screen, do the same, do a quick, "
      "be, have, need, want, like, love, hate, know, think, wait, stay, remain, keep, hold, see, "
      "hear, feel, "
      "guess, bet, say, tell, explain, read, repeat, spell, listen, remember, forget, miss, try, "
      "use, take, "
      "go, get, live, sleep, die, turn, become, seem, depend, cost, owe, lose, win, let, help, "
      "never, not, "
      "give, show, admit, assume, understand, believe, hope, expect, trust, stand, sit, drive, "
      "fly, travel, walk, "
      "work, eat, drink, pass, wonder, end, retire, graduate, celebrate, open, close, offer, "
      "charge, accept, look, "
      "spend, save, grow, rise, drop, increase, decrease, no, only, probably, always, sure, all, "
      "both, each" },
    { 0, NULL },
};

const struct phrase_row commitment_agreements[] = {
    { 1, "^ yes, ^ yeah, ^ i|we can do that|it|this, ^ sure, ^ okay, ^ of course, ^ absolutely, ^ "
         "certainly, ^ definitely, ^ "
         "no problem, "
         "^ will do, ^ i|we will, ^ i|we can do, ^ sounds good|great|perfect, ^ that works, ^ that "
         "would be, "
         "^ that sounds, ^ you got it, ^ gladly, ^ happy to, ^ alright, ^ all right, ^ great, ^ "
         "perfect, "
         "^ please, ^ please do, ^ wonderful, ^ excellent, ^ i would appreciate, ^ that is "
         "fine|perfect|great|good, "
         "^ fine, ^ consider it done, ^ right away, ^ my pleasure, ^ got it, ^ good, ^ i|we would "
         "love, ^ lovely, "
         "^ understood, ^ awesome, ^ not a problem, ^ certainly, ^ very well, ^ noted" },
    { 0, NULL },
};

const struct phrase_row commitment_bars[] = {
    { BAR_CONDITION, "if, unless, suppose, supposing, assuming, next time, in the future, in case, "
                     "provided that, whenever" },
    { BAR_DOUBT,
      "maybe, perhaps, probably, possibly, i think, i guess, i suppose, i hope, hopefully, i wish, "
      "i believe, i doubt, not sure, i would, we would, might, would have, could have, should "
      "have, "
      "i wonder, wondering, i am not sure, do not know, how, why, whether, what if, than, "
      "i thought, afraid, i assume, i imagine, not mean, never" },
    { BAR_REPORT,
      "said, say, says, told, tell, promised, claimed, claims, mentioned, was supposed, were "
      "supposed, "
      "supposed, assured, wrote, swore, kept saying, thought, asked, keeps saying, keep saying, "
      "expected, last time, saying, telling, yesterday" },
    { BAR_NOW,
      "now, right now, one moment, one second, a moment, a second, just a sec, a sec, real quick, "
      "really quick, while you hold|wait, while i have you, in a moment|second|minute, hold on, "
      "bear with me, just a minute, one minute" },
    { 0, NULL },
};
