# The analyses of results.csv once more, by whichever of bayesmeta, metafor and brms are installed; each that is missing is named.
# Run in this folder by `python -m models parity --live`: Rscript --vanilla parity.R RESULTS.csv
# Writes columns like those of results.csv, and the seconds of each fit (for brms with its compilation).

probabilities <- c(0.5, 0.025, 0.975)
normal_normal <- c("bcg", "crins", "nielweise", "yusuf6", "hackshaw", "schools")
binomial_normal <- c("bcg", "crins")

prior_sd <- function(dataset) if (dataset == "schools") c(mu = 50, tau = 25) else c(mu = 4, tau = 0.5)
effects <- function(dataset) read.csv(paste0(dataset, "_es.csv"))
counts <- function(dataset) read.csv(paste0(dataset, "_2x2.csv"))
normal_prior <- function(sd) sprintf("normal(0, %g)", sd)

with_bayesmeta <- function(dataset) {
  es <- effects(dataset)
  sd <- prior_sd(dataset)
  fit <- bayesmeta::bayesmeta(y = es$yi, sigma = es$sei, labels = as.character(es$study), mu.prior.mean = 0, mu.prior.sd = sd[["mu"]],
                              tau.prior = function(t) bayesmeta::dhalfnormal(t, scale = sd[["tau"]]))
  list(mu = fit$qposterior(mu.p = probabilities), tau = fit$qposterior(tau.p = 0.5),
       prediction = fit$qposterior(mu.p = probabilities[2:3], predict = TRUE))
}

with_metafor <- function(dataset) {
  es <- effects(dataset)
  of_metafor(metafor::rma(yi = es$yi, sei = es$sei, method = "REML", test = "knha"))
}

with_glmm <- function(dataset, model) {
  of_metafor(metafor::rma.glmm(measure = "OR", ai = ai, n1i = n1i, ci = ci, n2i = n2i, data = counts(dataset), model = model))
}

of_metafor <- function(fit) {
  new <- predict(fit)
  list(mu = c(as.numeric(fit$beta), fit$ci.lb, fit$ci.ub), tau = sqrt(fit$tau2), prediction = c(new$pi.lb, new$pi.ub))
}

with_brms <- function(dataset) {
  sd <- prior_sd(dataset)
  prior <- c(brms::set_prior(normal_prior(sd[["mu"]]), class = "Intercept"), brms::set_prior(normal_prior(sd[["tau"]]), class = "sd"))
  of_brms(yi | se(sei) ~ 1 + (1 | study), effects(dataset), gaussian(), prior, "b_Intercept", "sd_study__Intercept")
}

with_brms_counts <- function(dataset) {
  table <- counts(dataset)
  arms <- data.frame(study = factor(rep(table$study, 2)), treated = rep(c(1, 0), each = nrow(table)),
                     events = c(table$ai, table$ci), n = c(table$n1i, table$n2i))
  prior <- c(brms::set_prior("normal(0, 10)", class = "b"), brms::set_prior("normal(0, 4)", class = "b", coef = "treated"),
             brms::set_prior("normal(0, 0.5)", class = "sd"))
  of_brms(events | trials(n) ~ 0 + study + treated + (0 + treated | study), arms, binomial(), prior, "b_treated", "sd_study__treated")
}

of_brms <- function(formula, data, family, prior, mu, tau) {
  fit <- brms::brm(formula, data = data, family = family, prior = prior, seed = 1, refresh = 0, silent = 2, control = list(adapt_delta = 0.99))
  draws <- posterior::as_draws_df(fit)
  fewest <- function(name) {
    chains <- posterior::extract_variable_matrix(draws, name)
    min(posterior::ess_bulk(chains), posterior::ess_tail(chains))
  }
  new <- rnorm(nrow(draws), draws[[mu]], draws[[tau]])
  list(mu = quantile(draws[[mu]], probabilities), tau = median(draws[[tau]]), prediction = quantile(new, probabilities[2:3]),
       ess = c(fewest(mu), fewest(tau)))
}

# One row, or none and a message where the fit fails.
row_of <- function(dataset, model, software, package, fit) tryCatch({
  seconds <- system.time(found <- fit(dataset))[["elapsed"]]
  mu <- unname(found$mu)
  ess <- if (is.null(found$ess)) c(NA, NA) else found$ess
  data.frame(dataset = dataset, model = model, software = software, version = as.character(packageVersion(package)),
             mu_median = mu[1], mu_lower = mu[2], mu_upper = mu[3], tau_median = unname(found$tau),
             prediction_lower = unname(found$prediction[1]), prediction_upper = unname(found$prediction[2]),
             ess_mu = ess[1], ess_tau = ess[2], seconds = seconds)
}, error = function(problem) {
  message("skipped: ", software, ", ", dataset, ", ", model, ": ", conditionMessage(problem))
  NULL
})

rows_of <- function(package, analyses) {
  if (!requireNamespace(package, quietly = TRUE)) {
    message("skipped: ", package, " is not installed")
    return(NULL)
  }
  do.call(rbind, lapply(analyses, function(a) {
    do.call(rbind, lapply(a$datasets, function(dataset) row_of(dataset, a$model, a$software, package, a$fit)))
  }))
}

analysis <- function(software, model, datasets, fit) list(software = software, model = model, datasets = datasets, fit = fit)
glmm <- lapply(c("UM.FS", "UM.RS", "CM.EL"), function(model) {
  analysis(paste0("metafor-", model), "bn", binomial_normal, function(dataset) with_glmm(dataset, model))
})
found <- rbind(
  rows_of("bayesmeta", list(analysis("bayesmeta", "nn", normal_normal, with_bayesmeta))),
  rows_of("metafor", c(list(analysis("metafor", "nn", normal_normal, with_metafor)), glmm)),
  rows_of("brms", list(analysis("brms", "nn", normal_normal, with_brms), analysis("brms", "bn", binomial_normal, with_brms_counts)))
)
if (!is.null(found)) write.csv(found, commandArgs(trailingOnly = TRUE)[1], row.names = FALSE)
