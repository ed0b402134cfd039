"""Words by which it shows whether a sentence is about language models and their usage."""

from __future__ import annotations

from typing import Final

# Words that carry no subject of their own.
PLAIN_WORDS: Final = """
    a able about above accounting accuracy action actions actual actually add affect affecting after afternoon again
    all almost alone already also although always am among amount an analyse analysis analytics analyze and another
    answer answers any anybody anyone anything anyway app application applications approach approaches apps apr april
    are area aren around as asap asia ask asked assessment assistant at audit aug august available average away back
    backend base based basically be became because become been before began begin being below best better between
    beyond big board boss both break breakdown breaking bring btw business businesses but by came can cannot care case
    ceo certain cfo chance change chart chat check choose classification clear clearly client clients close cloud code
    coding colleague colleagues come comes coming company compared complete concern concrete confident consequences
    consider context could couple course current currently customer d daily dashboard date day days deal dear dec
    december decide deep degree department departments deployment detail detailed details developer developers did
    didn difference differences different do document documents does doesn doing don done down driver drivers due
    during each early easier easy effect effects effort eg eight either else email emails end endpoint endpoints
    engineer engineering engineers enough enterprise environment equal equally especially estimate etc europe evaluate
    even evening event events ever every everybody everyone everything exact exactly example executive expect expected
    experience experiencing explain extra extraction fact fairly far feature features feb february feel few fifty
    figure figures fill final finally finance find fine first five fix folks follow following for forget form former
    forty found four friday from frontend full fully functionality further future fyi gave general generally
    generation germany get gets getting give given gives giving go goal goals goes going gone gonna good got gotta
    graph great group grow guys had half hand happen happened happening happens happy hard harm has have having he
    heard hello help her here hey hi high higher him his hit hitting hmm hold honest hour hours how however hundred
    hurt hurting i idea ideally ideas identify ie if im impact important improvement improvements in include including
    individual info information infrastructure input inputs inside insight insights instead integration into is isn
    issue it its itself jan january job jul july jun june just keep keeping kept key kind kinda kindly know known
    large larger last late lately later latest launch leadership learn least leave left less let lets level lever
    levers like likely line list little live ll lol long longer look looked looking looks lose losing lot lots low
    lower m made main mainly make makes making manage management manager many mar march market matter matters maximum
    may maybe me mean means meant meanwhile measure measures median meet meeting mention metric metrics might million
    mind mine minimum minute minutes moment monday month monthly months more morning most mostly move much must my
    myself name named namely near necessary need needed needs never new next nice nine no nobody none nor normal not
    note nothing notice noticed noticing nov november now number numbers obvious oct october of off often oh ok old on
    once one ones only onto open opportunities opportunity optimisation optimization option options or order
    organisation organization other others our out outperform output outputs over overall overview own page part
    particular parts past pay peak people per percent percentage perhaps period person picture pipeline pipelines
    place plan plans platform please pls plus plz point points possible possibly potential practical present pretty
    previous probably problem problems product production products project prompt prompts proper provide put q1 q2 q3
    q4 quality quarter question questions quick quickly quite ran rather ratio re reach read ready real really reason
    reasonable reasons recent recently recommendation recommendations regarding regards region regions related
    relative replies reply response responses review reviews right risk risking risks roadmap rollback roughly round
    run running s saas said same saturday saw say saying scale search second seconds see seem seems seen send sense
    sent sep separate sept september serious service services set setup seven several shall share shares she sheet
    short should show showed side sign similar simple simply since single situation six small so software some
    somebody somehow someone something sometimes somewhere soon sort sorta sorts special specific specifically spend
    stack stakeholders start started startup state status stay step steps still stop strategies strategy stuff such
    suggest sum summarisation summarization summary sunday support sure system t table take taken takes talk team
    teams technical technology tell ten text texts than thank thanks that the their them then there therefore these
    they thing things think third thirty this those though thought thousand three through throughout thursday thus thx
    ticket tickets time times to today together told tomorrow tonight too took tool tools top total touch touching
    toward towards translation tried true trustworthy try trying tuesday turn twenty two type types uh um under unit
    unless until up upon us use used useful user users uses using usual usually value various ve very view vs wanna
    want wanted wants was wasn way ways we wednesday week weekly weeks well went were weren what whatever when where
    whether which while who whole whom whose why wide will wish with within without won wonder wondering word work
    working works world worth would wouldn write wrong year years yes yesterday yet you your yours zero
    processes process executed execute execution advise advice avenue avenues assess assessment determine evaluate
    indicate propose proposal compile examine examination ought regard attainable permitted discounted discount rates
    rate jobs night bearing aspect aspects matter remain remaining provided furnish itemise itemize enumerate
    establish observed occur occurs occurring accordingly estate estimated envisage envisaged merely solely hence
    arrive arrives tender bother bothered exploit point pointed address addressed bounds bound beyond stand stands
    story blame hunch suspect reckon guess honestly frankly apparently normally usually tad bit quite stuff guys
    mate lately nowadays presently forthcoming upcoming half-year annum division divisions unit units branch
    branches subsidiary headquarters workflow workflows feasible realistic possible doable sensible advisable
    prudent wise clever smart viable"""
# Words of other subjects.
FAR_WORDS: Final = """
    internet oil quantum election washing washer dishwasher fridge oven vacuum mower recalled mum yoga lottery
    actor actress airbnb airport album algebra algorithm alien aliens amazon ancient apartment apple apples army
    astrology aunt baby bake banana band baseball bash basketball bathroom beach bear beef beer berlin bible bicycle
    bike biology bird birthday bitcoin bomb book books boyfriend bread breakfast bug bugs bus butter cake calories
    camera cancer capital car cars cat cats century champion cheese chemistry chess chicken child children china
    chocolate church cities city climate clothes coffee college compiler concert cook cooking court
    cream credentials cricket crime crypto css dad dating daughter dentist derivative diet dinner dinosaur dinosaurs
    disease divorce django docker doctor dog dogs dow dragon dream dreams dress drug drugs earth ebay egg eggs
    election electricity elephant equation essay essays ethereum everest exam exploit fairy family father
    fever film films fish flight flights food football forest france friend friends fruit fuel furniture game games
    garden gas ghost girlfriend god golang gold golf government grandma grandmother groceries grocery gun gym hack
    hacking hamster headache headphones heating history holiday holidays homework horoscope horse hospital hotel
    hotels house html husband ice ikea inflation insurance integral iphone iq island italy jacket jail japan java
    javascript jeans joke jokes jungle keylogger kid kids kill kitchen kubernetes lake landlord laptop lawsuit lawyer
    league lego limerick linux lion loan loans london lunch lyrics malware marriage mars match matches math
    meaning meat medication medicine messi milk minister mom moon mortgage mother mountain movie movies murder music
    napoleon nasdaq neighbor neighbour netflix novel ocean olympics pain painting paris parking parliament passport
    password passwords pasta pension pepper pet petrol pets philosophy phishing phone physics pirate pizza plane
    planet planets player players playstation plumber poem poems poetry poison police political politics population
    pregnant president prime pyramid pyramids python rain rap react recipe recipes regex religion rent restaurant
    restaurants rice riddle riddles river robot robots roman romantic ronaldo roof russia rust salad salaries salary
    salt sandwich school secret secrets shark shirt shoes sleep snow soccer sofa son song songs soup spain sport
    sports spotify sql stars stock stocks stories storm story student students sugar sun sunny symptoms tale tax taxes
    taxi tea teacher television temperature tennis tesla tiger toy toys train trains travel triangle trip tv tweet
    tweets uber uncle unicorn university vacation vampire virus visa vitamin vote voting wages walmart war water
    weapon weapons weather wedding weight whale wife wifi wine wizard workout xbox zodiac fashion catwalk runway earn
    earns salary salaries wage wages actor actress singer celebrity supermodel railway locomotive"""
PLAIN: Final = frozenset(PLAIN_WORDS.split())
FAR: Final = frozenset(FAR_WORDS.split())
