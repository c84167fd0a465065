"""What a delivery declares: corrections of its source, and refused rows that it takes the place of."""
