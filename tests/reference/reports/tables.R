# Ratios of 2x2 tables with their intervals and p-values, as R prints them: tables.csv, a row per table.
# Rscript --vanilla tables.R   (R's stats, MASS for profile limits before R 4.4, epitools)
suppressMessages({library(MASS); library(epitools)})
set.seed(20260)

draw <- function() {
  repeat {
    n <- sample(8:sample(c(20, 60, 200), 1), 2, replace = TRUE)
    p <- runif(1, 0.05, 0.9)
    x <- rbinom(2, n, c(plogis(qlogis(p) + rnorm(1, 0, 0.9)), p))
    if (all(x > 0) && all(x < n)) return(list(x = x, n = n))
  }
}

row <- function(d) {
  x <- d$x; n <- d$n
  cells <- matrix(c(x, n - x), 2)
  arm <- c(1, 0)
  logit <- glm(cbind(x, n - x) ~ arm, binomial)
  null <- glm(cbind(x, n - x) ~ 1, binomial)
  risk <- glm(cbind(x, n - x) ~ arm, binomial("log"), start = c(log(x[2] / n[2]), log((x[1] / n[1]) / (x[2] / n[2]))))
  profile <- exp(suppressMessages(confint(logit)))[2, ]
  wald <- exp(confint.default(logit))[2, ]
  exact <- fisher.test(cells)
  exact90 <- fisher.test(cells, conf.level = 0.9)
  chi <- suppressWarnings(chisq.test(cells, correct = FALSE)$p.value)
  yates <- suppressWarnings(chisq.test(cells)$p.value)
  # epitools counts the reference arm and the patients without event first
  flipped <- cells[2:1, 2:1]
  midp <- suppressWarnings(oddsratio.midp(flipped))$measure[2, ]
  small <- suppressWarnings(riskratio.wald(flipped))$measure[2, ]
  c(events_treated = x[1], n_treated = n[1], events_control = x[2], n_control = n[2],
    or = unname(exp(coef(logit)[2])), wald_lower = wald[[1]], wald_upper = wald[[2]],
    profile_lower = profile[[1]], profile_upper = profile[[2]],
    conditional_or = unname(exact$estimate), exact_lower = exact$conf.int[1], exact_upper = exact$conf.int[2],
    exact90_lower = exact90$conf.int[1], exact90_upper = exact90$conf.int[2],
    midp_or = midp[[1]], midp_lower = midp[[2]], midp_upper = midp[[3]],
    rr = unname(exp(coef(risk)[2])), rr_wald_lower = exp(confint.default(risk))[2, 1], rr_wald_upper = exp(confint.default(risk))[2, 2],
    rr_epitools_lower = small[[2]], rr_epitools_upper = small[[3]],
    p_fisher = exact$p.value, p_fisher_greater = fisher.test(cells, alternative = "greater")$p.value,
    p_fisher_less = fisher.test(cells, alternative = "less")$p.value,
    p_chi_squared = chi, p_yates = yates, p_wald = coef(summary(logit))[2, 4],
    p_likelihood_ratio = anova(null, logit, test = "LRT")[2, 5], p_wald_rr = coef(summary(risk))[2, 4])
}

rows <- list()
while (length(rows) < 60) {
  found <- tryCatch(row(draw()), error = function(e) NULL, warning = function(w) NULL)  # a fit that does not converge
  if (!is.null(found)) rows[[length(rows) + 1]] <- signif(found, 8)
}
write.csv(do.call(rbind, rows), "tables.csv", row.names = FALSE, quote = FALSE)
