/** The look: a calm control room by night, paper by day. System fonts only; figures never dance (tabular). */
export const STYLE = `
:root{color-scheme:dark light;--bg:#0b1014;--panel:#11181e;--edge:#1d2831;--grid:#1c262e;--text:#dfe7ec;--soft:#93a2ad;--accent:#52c7c9;--fill:rgba(82,199,201,.30);--amber:#e6ac5b;--red:#ef8177;--green:#74c795;--hatch:#33424d}
@media (prefers-color-scheme:light){:root{--bg:#f3f4f1;--panel:#fff;--edge:#dfe3df;--grid:#e9ece8;--text:#172026;--soft:#586770;--accent:#0a7a82;--fill:rgba(10,122,130,.20);--amber:#9a5b00;--red:#b0322a;--green:#23744a;--hatch:#c3cbc9}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--text);font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC","Noto Sans SC",sans-serif;font-variant-numeric:tabular-nums lining-nums;-webkit-font-smoothing:antialiased}
header,main,.offline-note{max-width:1200px;margin:0 auto;padding:0 24px}
header{display:flex;align-items:center;gap:20px;padding-top:22px;padding-bottom:18px;flex-wrap:wrap}
h1,h2,h3,p,dl,dd,ul,ol{margin:0;padding:0}
ul,ol{list-style:none}
a{color:var(--accent);text-decoration:none;text-underline-offset:3px}
a:hover{text-decoration:underline}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:4px}
.brand{display:flex;align-items:center;gap:12px}
.brand h1{font-size:20px;font-weight:600;letter-spacing:.01em;line-height:1.2}
.brand p{font-size:12.5px;color:var(--soft)}
.glyph{width:38px;height:38px;fill:none;stroke-linecap:round;stroke-linejoin:round}
.glyph .ring{stroke:var(--edge);stroke-width:2}
.glyph .pulse{stroke:var(--accent);stroke-width:2.4}
.badge{color:var(--amber);border:1px solid currentColor;border-radius:99px;padding:2px 12px;font-size:12.5px;font-weight:600;letter-spacing:.06em}
.status{margin-left:auto;display:flex;gap:14px;align-items:baseline;color:var(--soft);font-size:13px}
.status b{color:var(--text);font-size:17px;font-weight:500;margin-left:4px}
.starting{color:var(--amber)}
.language{border:1px solid var(--edge);border-radius:8px;padding:4px 12px;font-size:13px;color:var(--text)}
.offline-note{display:none;color:var(--red);padding-bottom:12px}
.offline .offline-note{display:block}
.offline main{opacity:.55}
main{display:grid;grid-template-columns:minmax(0,1fr);gap:16px;padding-bottom:40px}
.panel{background:var(--panel);border:1px solid var(--edge);border-radius:14px;padding:18px 22px}
h2{font-size:14px;font-weight:600;letter-spacing:.04em}
.head{display:flex;align-items:center;gap:8px 20px;flex-wrap:wrap;margin-bottom:12px}
.aside,.foot,.note{color:var(--soft);font-size:12.5px}
.aside{margin-left:auto}
.foot{text-align:center}
.tiles{display:grid;grid-template-columns:2fr 2fr 1fr 1fr;gap:16px}
.tile{background:var(--panel);border:1px solid var(--edge);border-radius:14px;padding:14px 20px;min-height:98px;display:flex;flex-direction:column;justify-content:center}
.tile.wide{flex-direction:row;align-items:center;justify-content:space-between;gap:20px}
.figure{font-size:32px;font-weight:400;line-height:1.2;letter-spacing:-.02em;white-space:nowrap}
.figure.small{font-size:21px;line-height:1.83;letter-spacing:0}
.label{color:var(--soft);font-size:13px}
.trend{flex:1;max-width:240px;min-width:90px}
.trend .note{display:flex;justify-content:space-between;font-size:11.5px;gap:8px;white-space:nowrap}
.spark{display:block;width:100%;height:44px;fill:none}
.spark .line{stroke:var(--accent);stroke-width:1.5;vector-effect:non-scaling-stroke;stroke-linejoin:round}
.spark .area{fill:var(--fill)}
.spark .base{stroke:var(--edge);vector-effect:non-scaling-stroke}
.equation{display:grid;grid-template-columns:70px 1fr auto;align-items:center;gap:8px 18px;padding:10px 0}
.equation+.equation{border-top:1px solid var(--edge)}
.equation h3{font-size:14px;font-weight:500;color:var(--soft)}
.terms{display:flex;flex-wrap:wrap;align-items:baseline;gap:8px 16px}
.pair{display:inline-flex;gap:16px;align-items:baseline}
.term{display:inline-flex;flex-direction:column}
.term b{font-size:21px;font-weight:400;line-height:1.25}
.term small{color:var(--soft);font-size:12.5px}
.term.nil b{color:var(--soft)}
.term.quarantined.some b{color:var(--amber)}
.operator{color:var(--soft);font-size:19px}
.verdict{display:flex;align-items:center;gap:8px;font-size:13px;white-space:nowrap}
.mark{display:inline-grid;place-items:center;width:22px;height:22px;border-radius:50%;border:1.5px solid currentColor;font-size:12px;font-weight:700;line-height:1}
.holds .verdict{color:var(--green)}
.differs .verdict,.differs .operator{color:var(--red)}
.calm{color:var(--soft);padding:2px 0}
#live-outages .head{margin-bottom:0}
.outages{width:100%;border-collapse:collapse;margin-top:6px;font-size:14px}
.outages th{color:var(--soft);font-size:12.5px;font-weight:400;text-align:left;padding:4px 18px 4px 0}
.outages td{padding:6px 18px 6px 0;border-top:1px solid var(--edge);white-space:nowrap}
.outages .free{white-space:normal}
.outages small{color:var(--soft);margin-left:4px}
.outages .number{text-align:right}
.chooser{display:flex;align-items:center;gap:8px;flex-wrap:wrap;margin-left:auto;font-size:13px}
.chooser form{display:flex;gap:8px;align-items:center}
.chooser label span{color:var(--soft);margin-right:4px}
.chooser input{font:inherit;color:inherit;background:var(--bg);border:1px solid var(--edge);border-radius:8px;padding:5px 10px;width:17ch}
.chooser button,.chooser .step{font:inherit;color:var(--text);background:none;border:1px solid var(--edge);border-radius:8px;padding:5px 12px;cursor:pointer;line-height:1.45}
.chooser button:hover,.chooser .step:hover,.language:hover{border-color:var(--accent);text-decoration:none}
.place{display:flex;gap:14px;color:var(--soft);order:-1;margin-right:8px}
.place b{color:var(--text);font-weight:500}
.facts{display:flex;flex-wrap:wrap;gap:8px 44px;margin:4px 0 12px}
.facts dt{color:var(--soft);font-size:12.5px}
.facts dd b{font-size:22px;font-weight:400}
.facts small{color:var(--soft)}
.facts .note{margin-left:10px}
.message{color:var(--soft);padding:90px 0;text-align:center}
.scroll{overflow-x:auto;direction:rtl}
.curve{display:block;direction:ltr;width:100%;height:auto}
.curve text{fill:var(--soft);font-size:12.5px}
.curve .grid{stroke:var(--grid)}
.curve .zero{stroke:var(--hatch)}
.curve .tick{stroke:var(--hatch)}
.curve .midnight{stroke:var(--hatch);stroke-dasharray:2 4}
.curve .date{fill:var(--text)}
.curve .fill-top{stop-color:var(--accent);stop-opacity:.34}
.curve .fill-end{stop-color:var(--accent);stop-opacity:.03}
.curve .hatch{stroke:var(--hatch);stroke-width:2}
.curve .gaps{opacity:.55}
.curve .area{fill:url(#curve-fill)}
.curve .line{fill:none;stroke:var(--accent);stroke-width:1.8;stroke-linejoin:round}
.curve .coarse{fill:none;stroke:var(--accent);stroke-width:1.5;stroke-dasharray:5 5;opacity:.85}
.curve .suspect{stroke:var(--amber);stroke-width:2.6}
.curve .suspect-mark{fill:var(--panel);stroke:var(--amber);stroke-width:2}
.live .lead{stroke:var(--accent);stroke-width:1.4;stroke-dasharray:1.5 4;stroke-linecap:round;opacity:.8}
.live .dot{fill:var(--accent);stroke:var(--panel);stroke-width:2}
.live .halo{fill:none;stroke:var(--accent);stroke-width:1.5;opacity:0;transform-box:fill-box;transform-origin:center;animation:halo 1s ease-out 1}
.suspect-live .dot{fill:var(--amber)}
.live text{fill:var(--text);font-size:17px}
.live text.when,.live .unit{fill:var(--soft);font-size:12px}
@keyframes halo{from{transform:scale(1);opacity:.8}to{transform:scale(3.4);opacity:0}}
@media (prefers-reduced-motion:reduce){.live .halo{animation:none}}
.legend{display:flex;flex-wrap:wrap;gap:4px 22px;color:var(--soft);font-size:12.5px;margin-top:8px}
.legend li::before{content:"";display:inline-block;width:18px;height:0;margin-right:7px;vertical-align:middle;border-top:2px solid var(--accent)}
.legend .key-live::before{width:9px;height:9px;border:0;border-radius:50%;background:var(--accent)}
.legend .key-suspect::before{width:10px;height:10px;border:2px solid var(--amber);border-radius:50%}
.legend .key-gap::before{height:11px;border:0;background:repeating-linear-gradient(135deg,var(--hatch) 0 2px,transparent 2px 5px)}
.legend .key-coarse::before{border-top-style:dashed}
.columns{display:grid;grid-template-columns:1fr 1fr 1fr;gap:16px}
.columns h2{margin-bottom:12px}
.rooms li{display:grid;grid-template-columns:auto auto 1fr;gap:0 9px;align-items:baseline;padding:4px 0}
.rooms b{font-weight:500}
.rooms .state{font-size:12.5px;color:var(--green)}
.rooms .detail{grid-column:2/-1;color:var(--soft);font-size:12.5px;overflow-wrap:anywhere}
.lamp{width:8px;height:8px;border-radius:50%;background:var(--green);align-self:center}
.bad .lamp{background:var(--red)}
.rooms .bad .state{color:var(--red)}
.guarantees{display:grid;gap:10px;margin-bottom:14px}
.columns{font-size:14px}
.links{display:grid;grid-template-columns:1fr 1fr;gap:6px 16px}
.entry header,.entry main{max-width:460px}
.entry header>div{margin-right:auto}
.entry header h1{font-size:20px;font-weight:600;line-height:1.2}
.entry header p{font-size:12.5px;color:var(--soft)}
.entry .panel{display:grid;gap:16px;padding:26px}
.entry h2{font-size:19px;letter-spacing:0}
.entry h3{font-size:14px;font-weight:600}
.entry form{display:grid;gap:14px}
.entry label{display:grid;gap:4px}
.entry label span{font-size:13px;color:var(--soft)}
.entry label small{font-size:12px;color:var(--soft)}
.entry input{font:inherit;color:inherit;background:var(--bg);border:1px solid var(--edge);border-radius:8px;padding:9px 12px;width:100%}
.entry button{font:inherit;font-weight:600;color:var(--bg);background:var(--accent);border:1px solid var(--accent);border-radius:8px;padding:9px 16px;cursor:pointer}
.entry button.quiet{color:var(--text);background:none;border-color:var(--edge);font-weight:400}
.entry button:disabled{opacity:.5;cursor:default}
.entry .aside{margin-left:0}
.said{color:var(--red);font-size:13.5px}
.said:empty{display:none}
@media (max-width:960px){.tiles{grid-template-columns:1fr 1fr}.columns{grid-template-columns:1fr}.equation{grid-template-columns:1fr auto}.terms{grid-column:1/-1;grid-row:2}.aside{margin-left:0}}
@media (max-width:860px){.outages thead{display:none}.outages,.outages tbody{display:block}.outages tr{display:flex;flex-wrap:wrap;align-items:baseline;gap:2px 16px;padding:8px 0;border-top:1px solid var(--edge)}.outages td{padding:0;border:0}.outages td[data-label]::before{content:attr(data-label) " ";color:var(--soft);font-size:12.5px}}
@media (max-width:620px){header,main{padding-left:14px;padding-right:14px}.panel{padding:14px}.tiles{gap:10px}.tile.wide{grid-column:1/-1}.chooser{margin-left:0}.place{order:0;width:100%}.status .zone{display:none}.curve{width:760px}.facts{gap:8px 26px}}
`
