select exists (select from exercise_outcome where exercise = 'health-ill' and outcome = '503') as ill
