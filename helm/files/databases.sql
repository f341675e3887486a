-- Makes an account and a database for each part, when the server's volume is empty. Passwords come from files: in a
-- command line they could be read.
\set ON_ERROR_STOP on
\set hub `cat /etc/notebench/databases/hub`
\set service `cat /etc/notebench/databases/service`
\set mlflow `cat /etc/notebench/databases/mlflow`
CREATE ROLE hub LOGIN PASSWORD :'hub';
CREATE ROLE service LOGIN PASSWORD :'service';
CREATE ROLE mlflow LOGIN PASSWORD :'mlflow';
CREATE DATABASE hub OWNER hub ENCODING 'UTF8' TEMPLATE template0;
CREATE DATABASE service OWNER service ENCODING 'UTF8' TEMPLATE template0;
CREATE DATABASE mlflow OWNER mlflow ENCODING 'UTF8' TEMPLATE template0;
-- Everybody may connect to a new database; here only its owner.
REVOKE CONNECT ON DATABASE hub, service, mlflow, postgres FROM PUBLIC;
