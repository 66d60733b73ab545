/** What the board of key customers and the page of one have beside the look of the live page. */
export const CUSTOMER_STYLE = `
.pill.interrupted,.pill.failed{color:var(--red)}
.pill.emergency,.pill.unknown{color:var(--amber)}
.pill.reduced{color:var(--accent)}
.pill.normal{color:var(--green)}
.supply-head{display:grid;gap:10px}
.supply-head .why{font-size:16px}
.supply-head .facts{display:flex;flex-wrap:wrap;gap:6px 34px;color:var(--soft);font-size:13px}
.supply-head .facts b{color:var(--text);font-weight:500}
.supply-head .alert{color:var(--red);font-weight:600}
.lasts{display:flex;align-items:baseline;gap:6px 14px;flex-wrap:wrap}
.lasts b{font-size:34px;font-weight:400;letter-spacing:-.02em;line-height:1.2}
.lasts.short b{color:var(--red)}
.lasts small{color:var(--soft);font-size:13px}
.supply-drawing{display:block;width:100%;max-width:900px;margin:0 auto}
.supply-drawing rect{fill:var(--bg);stroke:var(--edge);stroke-width:1.5}
.supply-drawing text{fill:var(--text);font-size:14.5px}
.supply-drawing text.words{fill:var(--soft);font-size:12.5px}
.supply-drawing circle{fill:var(--hatch)}
.supply-drawing .wire{fill:none;stroke:var(--edge);stroke-width:1.5;stroke-dasharray:4 5}
.supply-drawing .wire.carries{stroke:var(--green);stroke-width:4;stroke-dasharray:none;stroke-linecap:round}
.supply-drawing .live circle,.supply-drawing .ready circle,.supply-drawing .running circle,.supply-drawing .fed circle{fill:var(--green)}
.supply-drawing .ready circle{fill:var(--accent)}
.supply-drawing .dead circle,.supply-drawing .failed circle,.supply-drawing .dark circle{fill:var(--red)}
.supply-drawing .dead rect,.supply-drawing .failed rect,.supply-drawing .dark rect{stroke:var(--red)}
.supply-drawing .running rect{stroke:var(--amber)}
.supply-drawing .unknown circle{fill:var(--amber)}
.supply-drawing .unknown rect{stroke:var(--amber);stroke-dasharray:5 4}
.strip{display:block;width:100%}
.strip .normal{fill:var(--green);opacity:.75}
.strip .reduced{fill:var(--accent)}
.strip .emergency{fill:var(--amber)}
.strip .interrupted{fill:var(--red)}
.strip .unknown{fill:var(--hatch)}
.strip line{stroke:var(--soft)}
.strip text{fill:var(--soft);font-size:12px;text-anchor:middle}
.ways td{vertical-align:top}
.ways td small{color:var(--soft)}

.stack{display:grid;gap:16px;align-content:start}
.stack .short{margin:10px 0}
.stack .short li>b{display:flex;justify-content:space-between;gap:10px}
.panel>.note+*{margin-top:10px}
.panel>.write{margin-top:14px;border-top:1px solid var(--edge)}
.write details+details{border-top:1px solid var(--edge)}
.write summary{padding:9px 0;cursor:pointer;font-size:13.5px}
.write summary:hover{color:var(--accent)}
.write h3{font-size:12.5px;font-weight:400;color:var(--soft)}
.write .decide{margin:2px 0 12px}
.stack .decide{grid-template-columns:minmax(0,1fr) minmax(0,1fr)}
.stack .decide label{min-width:0}
.stack .decide input,.stack .decide textarea{min-width:0}
.stack .decide textarea{font:inherit;color:inherit;background:var(--bg);border:1px solid var(--edge);border-radius:8px;padding:6px 10px;width:100%;resize:vertical}
.stack .short .decide{margin:4px 0 8px}
.write .short li{grid-template-columns:minmax(0,1fr) auto;align-items:center}
.write .short b,.write .short li>span{grid-column:1;overflow-wrap:anywhere}
.write .short .decide{display:block;grid-column:2;grid-row:1/3;margin:0;max-width:24ch}
.stack .buttons [role=group]{display:flex;flex-wrap:wrap;align-items:center;gap:8px}
.stack .buttons [role=group]>span{color:var(--soft);font-size:12.5px}
.stack .buttons [data-with]{color:var(--soft);border-color:var(--edge)}
@media (max-width:560px){.stack .decide{grid-template-columns:minmax(0,1fr)}}
.board td small{color:var(--soft)}
.board b{font-weight:500}
`
