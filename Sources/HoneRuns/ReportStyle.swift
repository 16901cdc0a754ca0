// Tested by ReportPageTests.swift

/// The page's look, and the few lines of script for the read-out on a curve.
///
/// No network, no fonts to load.
enum ReportStyle {
    static let css = """
        :root{color-scheme:light dark;--paper:#f7f6f3;--card:#fff;--ink:#1d2127;--soft:#5d6570;--faint:#767d87;--line:#e5e3de;
        --grid:#ecebe6;
        --accent:#2563a8;--accent-soft:#2563a81f;--second:#c2611f;--good:#1f7a4d;--good-soft:#1f7a4d1a;--bad:#b3352c;--bad-soft:#b3352c17;
        --warn:#8a5a00;--warn-soft:#e0a10022;--before:#8b929c;--code:#f3f2ee;--c3:#6d4fa3;--c4:#1d7f86;--c5:#a13d72}
        @media (prefers-color-scheme:dark){:root{--paper:#14161a;--card:#1c1f25;--ink:#e6e8eb;--soft:#a4acb7;--faint:#8b94a0;
        --line:#2c313a;
        --grid:#282d35;--accent:#74aef0;--accent-soft:#74aef029;--second:#f0a065;--good:#64c797;--good-soft:#64c7971f;--bad:#f08a80;
        --bad-soft:#f08a801f;--warn:#e8bd5c;--warn-soft:#e8bd5c1c;--before:#949ca8;--code:#15181d;--c3:#b39ae8;--c4:#5fc3ca;--c5:#e58fbc}}
        *{box-sizing:border-box}html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}
        body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",
        "Noto Sans",sans-serif}
        main,header.top{max-width:68rem;margin:0 auto;padding:0 1.5rem}header.top{padding-top:3rem;padding-bottom:.5rem}
        h1{font-size:1.9rem;line-height:1.2;letter-spacing:-.015em;margin:0 0 .4rem;overflow-wrap:anywhere}
        h2{font-size:1.25rem;letter-spacing:-.005em;margin:0 0 .25rem}h3{font-size:1rem;margin:0 0 .5rem}
        p{margin:.25rem 0 .75rem}.lead{font-size:1.15rem;max-width:46rem;margin:.9rem 0 0}.note{color:var(--soft);font-size:.9rem;
        max-width:46rem}
        code,pre,.id{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:.86em}
        .id{color:var(--soft)}.meta{display:flex;flex-wrap:wrap;gap:.3rem .9rem;align-items:center;color:var(--soft);font-size:.93rem}
        .pill{display:inline-block;padding:.08rem .6rem;border-radius:1rem;font-size:.83rem;font-weight:600;background:var(--accent-soft);
        color:var(--accent)}.pill.finished{background:var(--good-soft);color:var(--good)}.pill.failed{background:var(--bad-soft);
        color:var(--bad)}
        .pill.interrupted{background:var(--warn-soft);color:var(--warn)}
        nav{margin:1.4rem 0 0;border-top:1px solid var(--line);border-bottom:1px solid var(--line);padding:.55rem 0;display:flex;
        flex-wrap:wrap;
        gap:.2rem 1.15rem;font-size:.9rem}nav a{color:var(--soft);text-decoration:none}nav a:hover{color:var(--accent);
        text-decoration:underline}
        section{background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:1.4rem 1.5rem 1.5rem;margin:1.25rem 0;
        scroll-margin-top:1rem}.charts{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:1.6rem 1.75rem;margin-top:1rem}
        .charts>figure.wide{grid-column:1/-1}figure{margin:0;min-width:0}figcaption{font-weight:600;font-size:.95rem;margin-bottom:.35rem}
        figcaption span{color:var(--soft);font-weight:400;font-size:.86rem}
        svg{display:block;width:100%;height:auto;overflow:visible;font-family:inherit}svg text{fill:var(--soft);font-size:12px}
        svg .ink{fill:var(--ink)}svg .grid{stroke:var(--grid)}svg .axis{stroke:var(--line)}svg .zero{stroke:var(--faint)}
        .legend{display:flex;flex-wrap:wrap;gap:.1rem 1rem;font-size:.86rem;color:var(--soft);margin:.3rem 0 0;min-height:1.4rem}
        .legend i{display:inline-block;width:1.1rem;height:.2rem;border-radius:.1rem;vertical-align:middle;margin-right:.4rem}
        .legend i.dot{width:.6rem;height:.6rem;border-radius:50%}.legend i.ring{width:.65rem;height:.65rem;border-radius:50%;
        border:2px solid var(--before);background:none!important}.readout{color:var(--ink);font-variant-numeric:tabular-nums}
        table{border-collapse:collapse;width:100%;font-size:.92rem;font-variant-numeric:tabular-nums}
        th{font-weight:600;text-align:left;color:var(--soft);font-size:.84rem;border-bottom:1px solid var(--line);
        padding:.4rem .6rem .4rem 0}
        td{padding:.38rem .6rem .38rem 0;border-bottom:1px solid var(--grid);vertical-align:top;overflow-wrap:break-word}
        th:last-child,td:last-child{padding-right:0}td.n+td:not(.n),th.n+th:not(.n){padding-left:1rem}
        svg.narrow{display:none}.facts .wide{grid-column:span 2}.facts .wide code{font-size:.78em}
        tr:last-child td{border-bottom:0}th.n,td.n{text-align:right;white-space:nowrap;overflow-wrap:normal}.scroll{overflow-x:auto;
        max-width:100%}
        .soft{color:var(--soft)}.good{color:var(--good)}.bad{color:var(--bad)}
        .bar{display:inline-block;width:5.5rem;height:.5rem;border-radius:.25rem;background:var(--grid);overflow:hidden;
        vertical-align:middle}
        .bar b{display:block;height:100%;background:var(--accent);border-radius:.25rem}
        .facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(14rem,1fr));gap:.85rem 1.5rem;margin:1rem 0 0}
        .facts div{min-width:0}.facts dt{color:var(--soft);font-size:.83rem}.facts dd{margin:0;overflow-wrap:anywhere;
        font-variant-numeric:tabular-nums}
        .mistakes{list-style:none;margin:1rem 0 0;padding:0}.mistakes li{padding:.8rem 0;border-top:1px solid var(--grid)}
        .mistakes li:first-child{border-top:0;padding-top:.2rem}.mistakes p{margin:0 0 .35rem;white-space:pre-wrap;overflow-wrap:anywhere}
        .mistakes .pair{color:var(--soft)}.verdict{display:flex;flex-wrap:wrap;gap:.25rem .9rem;font-size:.88rem;color:var(--soft);
        align-items:center}.tag{padding:.05rem .5rem;border-radius:.35rem;overflow-wrap:anywhere}.tag.right{background:var(--good-soft);
        color:var(--good)}.tag.wrong{background:var(--bad-soft);color:var(--bad)}
        .warning{border-left:3px solid var(--warn);background:var(--warn-soft);border-radius:0 .4rem .4rem 0;padding:.6rem .9rem;
        margin:.75rem 0 0}
        .warning p{margin:0}.failure{border-left-color:var(--bad);background:var(--bad-soft)}
        pre{background:var(--code);border:1px solid var(--line);border-radius:.5rem;padding:.85rem 1rem;margin:.75rem 0 0;overflow-x:auto;
        line-height:1.5}details summary{cursor:pointer;color:var(--soft);margin-top:1rem}footer{color:var(--faint);font-size:.86rem;
        max-width:68rem;margin:0 auto;padding:.5rem 1.5rem 3rem}
        @media (max-width:46rem){main,header.top{padding-left:1rem;padding-right:1rem}header.top{padding-top:1.6rem}h1{font-size:1.5rem}
        section{padding:1.1rem 1rem 1.2rem;border-radius:.6rem}.charts{grid-template-columns:minmax(0,1fr)}svg.curve text{font-size:16px}
        svg.broad{display:none}svg.narrow{display:block}.matrix svg{min-width:46rem}
        table{font-size:.86rem}td,th{padding-right:.5rem}.interval{display:block}.bar{width:3rem}.hide-small{display:none}
        .facts{grid-template-columns:repeat(auto-fill,minmax(8rem,1fr));gap:.8rem 1rem}}
        @media print{:root{color-scheme:light;--paper:#fff;--card:#fff;--ink:#000;--soft:#444;--faint:#555;--line:#ccc;--grid:#ddd;
        --accent:#2563a8;--accent-soft:#2563a81f;--second:#c2611f;--good:#1f7a4d;--good-soft:#1f7a4d1a;--bad:#b3352c;--bad-soft:#b3352c17;
        --warn:#8a5a00;--warn-soft:#e0a10022;--before:#777;--code:#f6f6f6;--c3:#6d4fa3;--c4:#1d7f86;--c5:#a13d72}
        body{font-size:11pt}nav{display:none}section{border:0;border-top:1px solid var(--line);border-radius:0;padding:1rem 0}
        figure,.mistakes li,tr,.warning{break-inside:avoid}h2,.note{break-after:avoid}
        details::details-content{content-visibility:visible;height:auto}summary{display:none}pre{white-space:pre-wrap;
        overflow-wrap:anywhere}
        *{-webkit-print-color-adjust:exact;print-color-adjust:exact}header.top,main,footer{padding-left:0;padding-right:0}}
        """

    /// Shows the values under the pointer (or finger) below a curve.
    ///
    /// The page is complete without it.
    static let script = """
        document.querySelectorAll('svg[data-points]').forEach(function(svg){
        var d=JSON.parse(svg.dataset.points),rule=svg.querySelector('.rule'),out=svg.parentNode.querySelector('.readout');
        function show(e){var b=svg.getBoundingClientRect(),w=svg.viewBox.baseVal.width,x=(e.clientX-b.left)/b.width*w,best=0,far=1e9;
        d.x.forEach(function(v,i){var f=Math.abs(v-x);if(f<far){far=f;best=i}});
        rule.setAttribute('x1',d.x[best]);rule.setAttribute('x2',d.x[best]);rule.style.opacity=.6;
        out.textContent=d.t[best]}
        function hide(){rule.style.opacity=0;out.textContent=''}
        svg.addEventListener('pointermove',show);svg.addEventListener('pointerdown',show);svg.addEventListener('pointerleave',hide)});
        """
}
