# Hazard ratios of two arms with their intervals and p-values, as R's survival prints them: survival.csv.
# Rscript --vanilla survival.R
suppressMessages(library(survival))
set.seed(20261)

row <- function(i) {
  n <- sample(6:sample(c(20, 60, 150), 1), 2, replace = TRUE)
  arm <- rep(1:0, n)
  time <- rexp(sum(n), exp(rnorm(1, 0, 0.7) * arm))
  end <- runif(sum(n), 0.3, 3)
  if (i %% 2) { time <- ceiling(10 * time); end <- ceiling(10 * end) }  # half of them with ties
  event <- as.integer(time <= end)
  time <- pmin(time, end)
  if (min(tapply(event, arm, sum)) < 1) return(NULL)
  cox <- summary(coxph(Surv(time, event) ~ arm))
  breslow <- summary(coxph(Surv(time, event) ~ arm, ties = "breslow"))
  log_rank <- pchisq(survdiff(Surv(time, event) ~ arm)$chisq, 1, lower.tail = FALSE)
  z <- qnorm(log_rank / 2) * sign(-cox$coefficients[1])
  c(n_treated = n[1], n_control = n[2], events_treated = sum(event[arm == 1]), events_control = sum(event[arm == 0]),
    hr = cox$conf.int[1], lower = cox$conf.int[3], upper = cox$conf.int[4], breslow_hr = breslow$conf.int[1],
    breslow_lower = breslow$conf.int[3], breslow_upper = breslow$conf.int[4], p_wald = cox$waldtest[["pvalue"]],
    p_likelihood_ratio = cox$logtest[["pvalue"]], p_score = cox$sctest[["pvalue"]], p_log_rank = log_rank,
    p_log_rank_less = pnorm(z))
}

rows <- list(); i <- 0
while (length(rows) < 60) {
  i <- i + 1
  found <- tryCatch(row(i), warning = function(w) NULL)  # no finite hazard ratio
  if (!is.null(found)) rows[[length(rows) + 1]] <- signif(found, 8)
}
write.csv(do.call(rbind, rows), "survival.csv", row.names = FALSE, quote = FALSE)
