# Meta-analyses of other measures than those of the other files, as metafor analyses them: Rscript --vanilla metadat.R
# Writes metadat.csv (the studies, as `pool` reads them) and metadat_results.csv.
# `given` is rma() with REML's tau; `glmm` is rma.glmm(), maximum likelihood of the counts themselves.
suppressMessages(library(metafor))

label <- function(...) make.unique(paste(...))
os <- subset(dat.riley2003, outcome == "OS")
os <- os[!duplicated(os$study), ]
sets <- list(
  pignon2000 = list("hr", with(dat.pignon2000, data.frame(study = label(id, trial), o_minus_e = OmE, variance = V))),
  riley2003 = list("hr", with(os, data.frame(study = study, log_hr = yi, se = sei))),
  normand1999 = list("md", with(dat.normand1999, data.frame(study = source, m1i, sd1i, n1i, m2i, sd2i, n2i))),
  michael2013 = list("md", with(dat.michael2013, data.frame(study = label(Study), m1i = Brain_m, sd1i = Brain_s, n1i = Brain_n,
                                                            m2i = No_brain_m, sd2i = No_brain_s, n2i = No_brain_n))),
  normand1999_smd = list("smd", with(dat.normand1999, data.frame(study = source, m1i, sd1i, n1i, m2i, sd2i, n2i))),
  normand1999_rom = list("rom", with(dat.normand1999, data.frame(study = source, m1i, sd1i, n1i, m2i, sd2i, n2i))),
  raudenbush1985 = list("smd", with(dat.raudenbush1985, data.frame(study = label(study, author), smd = yi, variance = vi))),
  konstantopoulos2011 = list("smd", with(dat.konstantopoulos2011, data.frame(study = study, smd = yi, variance = vi))),
  hine1989 = list("rd", with(dat.hine1989, data.frame(study = source, ai, n1i, ci, n2i))),
  collins1985b = list("or", with(dat.collins1985b, data.frame(study = label(author, year), ai = pre.xti, n1i = pre.nti, ci = pre.xci, n2i = pre.nci))),
  bcg = list("rr", with(dat.bcg, data.frame(study = label(author, year), ai = tpos, n1i = tpos + tneg, ci = cpos, n2i = cpos + cneg))),
  lee2004 = list("rr", with(dat.lee2004, data.frame(study = label(study, year), ai, n1i, ci, n2i))),
  hart1999 = list("irr", with(dat.hart1999, data.frame(study, x1i, t1i, x2i, t2i))),
  nielweise2008 = list("irr", with(dat.nielweise2008, data.frame(study = label(authors, year), x1i, t1i, x2i, t2i))),
  debruin2009 = list("proportion", with(dat.debruin2009, data.frame(study = label(author, year), xi, ni))),
  pritz1997 = list("proportion", with(dat.pritz1997, data.frame(study = label(study, authors), xi, ni))),
  molloy2014 = list("generic", with(escalc("ZCOR", ri = ri, ni = ni, data = dat.molloy2014),
                                    data.frame(study = label(authors, year), estimate = as.numeric(yi), variance = as.numeric(vi))))
)

with_rma <- function(measure, d) {
  if ("o_minus_e" %in% names(d)) d <- transform(d, yi = o_minus_e / variance, vi = 1 / variance)
  else if ("log_hr" %in% names(d)) d <- transform(d, yi = log_hr, vi = se^2)
  else if ("smd" %in% names(d)) d <- transform(d, yi = smd, vi = variance)
  else if (measure == "generic") d <- transform(d, yi = estimate, vi = variance)
  else if (measure %in% c("md", "smd", "rom")) d <- escalc(toupper(measure), m1i = m1i, sd1i = sd1i, n1i = n1i, m2i = m2i, sd2i = sd2i, n2i = n2i, data = d)
  else if (measure == "irr") d <- escalc("IRR", x1i = x1i, t1i = t1i, x2i = x2i, t2i = t2i, data = d)
  else if (measure == "proportion") d <- escalc("PLO", xi = xi, ni = ni, data = d)
  else d <- escalc(toupper(measure), ai = ai, n1i = n1i, ci = ci, n2i = n2i, data = d)
  rma(yi, vi, data = d, method = "REML", control = list(stepadj = 0.5, maxiter = 10000))
}

with_glmm <- function(measure, d) switch(measure,
  or = rma.glmm(measure = "OR", ai = ai, n1i = n1i, ci = ci, n2i = n2i, data = d, model = "UM.FS"),
  irr = rma.glmm(measure = "IRR", x1i = x1i, t1i = t1i, x2i = x2i, t2i = t2i, data = d, model = "UM.FS"),
  proportion = rma.glmm(measure = "PLO", xi = xi, ni = ni, data = d))

row <- function(name, measure, model, fit) data.frame(
  dataset = name, measure = measure, model = model, software = paste("metafor", packageVersion("metafor")), studies = fit$k,
  estimate = as.numeric(fit$beta), se = fit$se, tau = sqrt(fit$tau2))

columns <- unique(unlist(lapply(sets, function(set) names(set[[2]]))))
studies <- results <- NULL
for (name in names(sets)) {
  measure <- sets[[name]][[1]]
  d <- sets[[name]][[2]]
  results <- rbind(results, row(name, measure, "given", with_rma(measure, d)))
  if (measure %in% c("or", "irr", "proportion")) results <- rbind(results, row(name, measure, "glmm", with_glmm(measure, d)))
  d[setdiff(columns, names(d))] <- NA
  studies <- rbind(studies, cbind(dataset = name, d[columns]))
}
results[c("estimate", "se", "tau")] <- signif(results[c("estimate", "se", "tau")], 7)
write.csv(studies, "metadat.csv", row.names = FALSE, na = "", quote = TRUE)
write.csv(results, "metadat_results.csv", row.names = FALSE, quote = FALSE)
